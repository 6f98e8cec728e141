"""Alembic's environment for sla."""

from services.sla.store.tables import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
