"""Intake's tables. Nobody else touches this database.

`cases` and `timeline` hold ids and coded values only. What a person typed is in the `vault_*` tables, sealed.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
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
    Column("complainant", Text),
    Column("receipt_hash", LargeBinary, nullable=False),
    Column("rule", Text),
    Column("decided_by", Text),
    Column("document_numbers", JSONB, nullable=False),
    Column("recused", ARRAY(Text), nullable=False),
    Column("kept_until", INSTANT),
    Column("erased_at", INSTANT),
    UniqueConstraint("procedure", "number"),
    Index("cases_number", "number"),
    Index("cases_registered", "registered_at", "id"),
    Index("cases_received", "procedure", "received_at"),
    Index("cases_status", "status", "registered_at", "id"),
    Index("cases_fingerprint", "fingerprint", postgresql_where=text("fingerprint IS NOT NULL")),
    Index("cases_complainant", "complainant", "received_at", postgresql_where=text("complainant IS NOT NULL")),
    Index("cases_kept_until", "kept_until", postgresql_where=text("erased_at IS NULL")),
    Index("cases_merged_into", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
)
# Both directions of each link between cases that are one matter.
case_links = Table(
    "case_links",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("other_id", Uuid, primary_key=True),
    Column("linked_by", Text, nullable=False),
    Column("linked_at", INSTANT, nullable=False),
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
    Index("timeline_occurrence", "occurrence", "happened_at"),
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
    Column("contents", LargeBinary),
    Column("office", Text),
    Column("signed_by", ARRAY(Text), nullable=False),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    Column("revision", Integer, nullable=False),
)
# Who was handed a copy of a document, as it is now: a document that is replaced has no copies yet.
document_copies = Table(
    "document_copies",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("document", Text, primary_key=True),
    Column("copy_to", Text, primary_key=True),
    Column("office", Text, nullable=False),
    Column("handed_at", INSTANT, nullable=False),
)
vault_files = Table(
    "vault_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("document", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("content_hash", Text, nullable=False),
    Column("file_name", LargeBinary),
    Column("written_by", Text, nullable=False),
    Column("written_at", INSTANT, nullable=False),
    UniqueConstraint("case_id", "document", "content_hash"),
)
# `kept_since` is real time: an upload that broke off is cleaned away after a day.
vault_file_chunks = Table(
    "vault_file_chunks",
    metadata,
    Column("file_id", Uuid, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("kept_since", INSTANT, nullable=False),
    Index("vault_file_chunks_kept_since", "kept_since"),
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

# One row per report of one period. `fields` are coded values; what a person wrote is in the vault, under the report's
# id. `edition` is the latest of its figures, all of which `report_editions` keeps; 0 until they are counted.
reports = Table(
    "reports",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("procedure_version", Integer, nullable=False),
    Column("report", Text, nullable=False),
    Column("period", Text, nullable=False),
    Column("round", Integer, nullable=False),
    Column("office", Text),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("starts_at", INSTANT, nullable=False),
    Column("cut_at", INSTANT, nullable=False),
    Column("ready_at", INSTANT, nullable=False),
    Column("due_at", INSTANT, nullable=False),
    Column("edition", Integer, nullable=False),
    Column("made_at", INSTANT),
    Column("made_by", Text),
    Column("person", Text),
    Column("signed_with", Text),
    Column("fields", JSONB, nullable=False),
    Column("unlisted", Boolean, nullable=False),
    Index("reports_one", "procedure", "report", "first_day", "round", text("coalesce(office, '')"), unique=True),
    Index("reports_due", "due_at", "id"),
    Index("reports_ready", "ready_at", postgresql_where=text("edition = 0")),
    Index("reports_open", "due_at", postgresql_where=text("made_at IS NULL")),
    Index("reports_unlisted", "id", postgresql_where=text("unlisted")),
)
report_editions = Table(
    "report_editions",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("edition", Integer, primary_key=True, autoincrement=False),
    Column("computed_at", INSTANT, nullable=False),
    Column("computed_by", Text),
    Column("cases", Integer, nullable=False),
    Column("figures", JSONB, nullable=False),
)
# The cases that a report lists; `listed_at` is when the case said so.
report_cases = Table(
    "report_cases",
    metadata,
    Column("report_id", Uuid, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("edition", Integer, nullable=False),
    Column("listed_at", INSTANT),
    Index("report_cases_unlisted", "report_id", "case_id", postgresql_where=text("listed_at IS NULL")),
)
# Through which day the periods of each report have been opened.
report_series = Table(
    "report_series",
    metadata,
    Column("procedure", Text, primary_key=True),
    Column("report", Text, primary_key=True),
    Column("opened_through", Date, nullable=False),
)
