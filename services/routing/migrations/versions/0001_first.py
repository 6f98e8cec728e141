"""Routing's tables: the common ones, cases, what is counted, and when to look again."""

from __future__ import annotations

from alembic import op

from shared.messaging.migrations import create_messaging_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    create_messaging_tables()
    op.execute(
        """
        CREATE TABLE cases (
            id uuid PRIMARY KEY, procedure text NOT NULL, version integer NOT NULL, status text NOT NULL, class text,
            department text, level text, cycle integer NOT NULL, received_at timestamptz, resolved_at timestamptz,
            details jsonb NOT NULL, changed_at timestamptz NOT NULL, look_at timestamptz)
        """
    )
    op.execute("CREATE INDEX cases_work ON cases (department, status, received_at)")
    op.execute("CREATE INDEX cases_look ON cases (look_at) WHERE look_at IS NOT NULL")
    op.execute(
        """
        CREATE TABLE counted (
            count text NOT NULL, key text NOT NULL, case_id uuid NOT NULL, happened_at timestamptz NOT NULL,
            complainant text, PRIMARY KEY (count, key, case_id, happened_at))
        """
    )
    op.execute("CREATE INDEX counted_window ON counted (count, key, happened_at)")
    op.execute(
        """
        CREATE TABLE count_windows (
            count text NOT NULL, key text NOT NULL, procedure text NOT NULL, version integer NOT NULL,
            look_at timestamptz NOT NULL, PRIMARY KEY (count, key))
        """
    )
    op.execute("CREATE INDEX count_windows_look ON count_windows (look_at)")
