"""Alembic's environment for sla."""

from services.sla import store_changes  # noqa: F401  (its tables are in the metadata too)
from services.sla.store import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
