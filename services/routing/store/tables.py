"""Routing's metadata and tables. `details` of a case is read and written by `case_details` only."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid
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
    Column("status", Text, nullable=False),
    Column("class", Text),
    Column("department", Text),
    Column("level", Text),
    Column("cycle", Integer, nullable=False),
    Column("received_at", DateTime(timezone=True)),
    Column("resolved_at", DateTime(timezone=True)),
    Column("details", JSONB, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Index("cases_work", "department", "status", "received_at"),
)

counted_cases = Table(
    "counted_cases",
    metadata,
    Column("count", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("complainant", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Index("counted_cases_window", "count", "key", "received_at"),
)
