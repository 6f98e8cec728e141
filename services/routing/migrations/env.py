"""Alembic's environment for routing."""

from services.routing.store import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
