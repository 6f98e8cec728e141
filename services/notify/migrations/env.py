"""Alembic's entry for notify's database."""

from services.notify.store.tables import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
