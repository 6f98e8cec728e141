"""Alembic migrations of routing's database."""
