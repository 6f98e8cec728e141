"""The Alembic migrations of the sla service's database."""
