"""Alembic's environment of intake's database."""

from services.intake import store_migrations  # noqa: F401  (its table is in the metadata too)
from services.intake.store import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
