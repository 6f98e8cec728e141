"""Intake's tables. Nobody else touches this database.

`cases` and `timeline` hold ids and coded values only. What a person typed is in the `vault_*` tables, sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.messaging.tables import INSTANT, messaging_tables
from shared.security.keys import key_tables

metadata = MetaData()
messaging_tables(metadata)
key_tables(metadata)

cases = Table(
    "cases",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("procedure_version", Integer, nullable=False),
    Column("number", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("received_at", INSTANT, nullable=False),
    Column("registered_at", INSTANT, nullable=False),
    Column("attributes", JSONB, nullable=False),
    Column("missing", JSONB, nullable=False),
    Column("status", Text, nullable=False),
    Column("class", Text),
    Column("department", Text),
    Column("level", Text),
    Column("admitted_at", INSTANT),
    Column("resolved_at", INSTANT),
    Column("closed_at", INSTANT),
    Column("merged_into", Uuid),
    Column("fingerprint", Text),
    Column("receipt_hash", LargeBinary, nullable=False),
    Column("rule", Text),
    Column("decided_by", Text),
    Column("document_numbers", JSONB, nullable=False),
    UniqueConstraint("procedure", "number"),
    Index("cases_number", "number"),
    Index("cases_registered", "registered_at", "id"),
    Index("cases_status", "status", "registered_at", "id"),
    Index("cases_fingerprint", "fingerprint", postgresql_where=text("fingerprint IS NOT NULL")),
    Index("cases_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)
numbers = Table(
    "numbers",
    metadata,
    Column("procedure", Text, primary_key=True),
    Column("scheme", Text, primary_key=True),
    Column("period", Text, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("body", Text, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("kept_since", INSTANT, nullable=False),
    Index("idempotency_kept_since", "kept_since"),
)
timeline = Table(
    "timeline",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("occurrence", Text, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("qualifier", Text),
    Column("source", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("happened_at", INSTANT, nullable=False),
    Column("emitted_at", INSTANT, nullable=False),
    Column("type", Text, nullable=False),
    Column("details", JSONB, nullable=False),
    Index("timeline_case", "case_id", "happened_at"),
)
vault_keys = Table(
    "vault_keys",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
)
vault_fields = Table(
    "vault_fields",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
)
vault_documents = Table(
    "vault_documents",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    Column("revision", Integer, nullable=False),
)
vault_reads = Table(
    "vault_reads",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("reader", Text, nullable=False),
    Column("read_at", INSTANT, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("purpose", Text, nullable=False),
    Index("vault_reads_case", "case_id", "id"),
)

# One row per decision; `noted_at` is real time, by the database, all else on the cases' clock. `reason` is a text about
# the rules, for the file: it leaves this table in no event.
procedure_migrations = Table(
    "procedure_migrations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("from_version", Integer),
    Column("to_version", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", INSTANT, nullable=False),
    Column("noted_at", INSTANT, nullable=False),
    Column("after_case", Uuid, nullable=False),
    Column("migrated", Integer, nullable=False),
    Column("finished_at", INSTANT),
    Index("procedure_migrations_open", "procedure", unique=True, postgresql_where=text("finished_at IS NULL")),
)
