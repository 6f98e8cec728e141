"""Notices about deadlines are told together: which may be, and within which one.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both columns; what waits already stays as it is, each for itself."""
    op.add_column("notices", sa.Column("joins", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("notices", sa.Column("joined_to", sa.Uuid))
