"""The first tables."""

from alembic import op

from shared.messaging.migrations import create_common_tables_1

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    create_common_tables_1()
    op.execute(
        """
        CREATE TABLE cases (
            id uuid PRIMARY KEY, procedure text NOT NULL, version integer NOT NULL, occurrences jsonb NOT NULL,
            said jsonb NOT NULL, generation integer NOT NULL, open boolean NOT NULL, checked_at timestamptz NOT NULL)
        """
    )
    op.execute("CREATE INDEX cases_check ON cases (checked_at) WHERE open")
    op.execute(
        """
        CREATE TABLE clocks (
            case_id uuid NOT NULL, clock text NOT NULL, cycle integer NOT NULL, procedure text NOT NULL,
            state text NOT NULL, started_at timestamptz NOT NULL, due_at timestamptz, provisional boolean NOT NULL,
            next_at timestamptz, next_step text, ended_at timestamptz, generation integer NOT NULL,
            PRIMARY KEY (case_id, clock, cycle))
        """
    )
    op.execute("CREATE INDEX clocks_next ON clocks (next_at) WHERE next_at IS NOT NULL")
