"""Alembic's environment for routing."""

from services.routing.store.tables import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
