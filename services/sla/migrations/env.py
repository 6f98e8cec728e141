"""Alembic's environment for sla."""

from services.sla.store.cases import metadata
from shared.messaging.migrations import run_environment

run_environment(metadata)
