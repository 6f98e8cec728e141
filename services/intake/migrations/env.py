"""Alembic's environment of intake's database."""

from services.intake.store.tables import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
