"""The sla service's tables. Nobody else touches this database."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.messaging.tables import messaging_tables
from shared.security.keys import key_tables

metadata = MetaData()
messaging_tables(metadata)
key_tables(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("occurrences", JSONB, nullable=False),
    Column("cycle_states", JSONB, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("checked_at", DateTime(timezone=True), nullable=False),
    # What timers have emitted up to this instant is counted in `sequences`.
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

# One row for each step to come, insert-only (see `timers`).
timers = Table(
    "timers",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("due_at", DateTime(timezone=True), primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("clock", Text, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("plain", Boolean, nullable=False),
)

# How far each shard has fired.
shards = Table(
    "shards",
    metadata,
    Column("shard", SmallInteger, primary_key=True, autoincrement=False),
    Column("cursor_at", DateTime(timezone=True), nullable=False),
    Column("cursor_case", Uuid, nullable=False),
    Column("swept_at", DateTime(timezone=True), nullable=False),
)

# What this service's clocks rest on: the calendars as they were when it last looked.
calendars_in_force = Table(
    "calendars_in_force",
    metadata,
    Column("id", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
)

# One row per change. `started_at` and `finished_at` are on the cases' clock; `noted_at` is real time, by the database.
recomputations = Table(
    "recomputations",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("because", ARRAY(Text), nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("noted_at", DateTime(timezone=True), nullable=False),
    Column("after_case", Uuid, nullable=False),
    Column("looked_at", Integer, nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("moved", Integer),
    Column("confirmed", Integer),
    Index("recomputations_open", "id", postgresql_where=text("finished_at IS NULL")),
)
