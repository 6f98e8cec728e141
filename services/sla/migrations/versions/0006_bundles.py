"""Many events can be said in one row."""

from __future__ import annotations

from shared.messaging.migrations import create_common_tables_3

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the table of bundles."""
    create_common_tables_3()
