"""Routing's tables: the common ones, cases, and the counted cases of duplicate keys."""

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
            details jsonb NOT NULL, changed_at timestamptz NOT NULL)
        """
    )
    op.execute("CREATE INDEX cases_work ON cases (department, status, received_at)")
    op.execute(
        """
        CREATE TABLE counted_cases (
            count text NOT NULL, key text NOT NULL, case_id uuid NOT NULL, complainant text,
            received_at timestamptz NOT NULL, PRIMARY KEY (count, key, case_id))
        """
    )
    op.execute("CREATE INDEX counted_cases_window ON counted_cases (count, key, received_at)")
