"""The sla service's tables for cases, clocks and timers. Nobody else touches this database."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, DateTime, Index, Integer, MetaData, SmallInteger, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.sla.store.timers import timers_tables
from shared.messaging.tables import messaging_tables
from shared.security.keys import api_keys_table

metadata = MetaData()
messaging_tables(metadata)
api_keys_table(metadata)
timers_tables(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("occurrences", JSONB, nullable=False),
    Column("said", JSONB, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    # What timers have said up to this instant is counted in `sequences`.
    Column("numbered_at", DateTime(timezone=True), nullable=False),
    Index("cases_check", "checked_at", postgresql_where=text("open")),
)

# One row per cycle of a clock, as the last decision on its case left it. Timers do not touch it when they fire: how it
# is now is in the view `clocks_now`, which takes what its shard has fired since into account.
clocks = Table(
    "clocks",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("clock", Text, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True)),
    Column("provisional", Boolean, nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("generation", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("step_ids", ARRAY(Text), nullable=False),
    Column("step_at", ARRAY(DateTime(timezone=True)), nullable=False),
    Index("clocks_armed", "shard", "case_id", postgresql_where=text("cardinality(step_at) > 0")),
)
