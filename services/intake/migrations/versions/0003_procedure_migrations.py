"""Moves of open cases to another version of their procedure: who decided them, why, and how far they have come."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.execute(
        """
        CREATE TABLE procedure_migrations (
            id uuid PRIMARY KEY, procedure text NOT NULL, from_version integer, to_version integer NOT NULL,
            mode text NOT NULL, reason text NOT NULL, decided_by text NOT NULL, decided_at timestamptz NOT NULL,
            noted_at timestamptz NOT NULL, after_case uuid NOT NULL, migrated integer NOT NULL,
            finished_at timestamptz)
        """
    )
    op.execute(
        "CREATE UNIQUE INDEX procedure_migrations_open ON procedure_migrations (procedure) WHERE finished_at IS NULL"
    )
