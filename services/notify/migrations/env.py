"""Alembic's entry for notify's database."""

from services.notify.store import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
