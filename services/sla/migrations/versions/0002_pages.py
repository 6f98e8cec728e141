"""What is not published yet is kept in pages."""

from __future__ import annotations

from shared.messaging.migrations import create_common_tables_2

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Turn the rows into pages."""
    create_common_tables_2()
