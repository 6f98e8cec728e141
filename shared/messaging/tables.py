"""The tables that every service's database has, beside its own. Each service adds them to its metadata."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
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
from sqlalchemy.dialects.postgresql import JSONB

INSTANT = DateTime(timezone=True)


@dataclass(frozen=True)
class MessagingTables:
    """The tables by name."""

    outbox: Table
    bundles: Table
    unpublished: Table
    inbox: Table
    sequences: Table
    dead_letters: Table
    held_events: Table


def messaging_tables(metadata: MetaData) -> MessagingTables:
    """Declare the tables in `metadata`.

    outbox: every event this service has emitted. Never changed, and kept after it was published (rule D1).
    bundles: events of one topic that are emitted by the thousand, many in a row. They are found by nothing but when
    they were emitted: who writes a bundle must know numbers and ids without asking it. Ids are the outbox's, so that
    both are in one order. The view `emitted_events` shows the outbox and what is in bundles as one.
    unpublished: which outbox rows the broker has not acknowledged, as pages of their ids, or which places (from 1) of
    a bundle. A table of its own and not a column, because a column would write every index of the outbox anew for each
    event published; and pages, because a row for each event costs as much again as the event's own index.
    inbox: the ids of the events that took effect here, per consumer (rule D4).
    sequences: the last number given per case and topic (rule D5).
    dead_letters: records that could not be processed, with their payload, which never leaves this table.
    held_events: events of a case whose registration has not come yet; topics race each other.
    In both, `headers` and `appended_at` are the signature of what others wrote, and when the broker first took it.
    """
    outbox = Table(
        "outbox",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("event_id", Uuid, nullable=False),
        Column("case_id", Uuid, nullable=False),
        Column("sequence", Integer, nullable=False),
        Column("topic", Text, nullable=False),
        Column("type", Text, nullable=False),
        Column("department", Text),
        Column("traceparent", Text),
        Column("value", LargeBinary, nullable=False),
        Column("emitted_at", INSTANT, nullable=False),
        UniqueConstraint("event_id"),
        Index("outbox_case", "case_id", "sequence"),
        Index("outbox_emitted_at", "emitted_at", postgresql_using="brin"),
    )
    bundles = Table(
        "bundles",
        metadata,
        Column("id", BigInteger, primary_key=True),  # from the outbox's sequence
        Column("topic", Text, nullable=False),
        Column("emitted_at", INSTANT, nullable=False),
        Column("event_ids", ARRAY(Uuid), nullable=False),
        Column("case_ids", ARRAY(Uuid), nullable=False),
        Column("sequences", ARRAY(Integer), nullable=False),
        Column("types", ARRAY(Text), nullable=False),
        Column("records", ARRAY(LargeBinary), nullable=False),
        Index("bundles_emitted_at", "emitted_at", postgresql_using="brin"),
    )
    unpublished = Table(
        "unpublished",
        metadata,
        Column("page", BigInteger, Identity(), primary_key=True),
        Column("ids", ARRAY(BigInteger), nullable=False),
        Column("bundle", BigInteger),
        Index("unpublished_bundle", "bundle", postgresql_where=text("bundle IS NOT NULL")),
    )
    inbox = Table(
        "inbox",
        metadata,
        Column("consumer", Text, primary_key=True),
        Column("event_id", Uuid, primary_key=True),
        Column("topic", Text, nullable=False),
        Column("taken_at", INSTANT, nullable=False),
        Index("inbox_taken_at", "taken_at", postgresql_using="brin"),
    )
    sequences = Table(
        "sequences",
        metadata,
        Column("case_id", Uuid, primary_key=True),
        Column("topic", Text, primary_key=True),
        Column("last", Integer, nullable=False),
    )
    dead_letters = Table(
        "dead_letters",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("consumer", Text, nullable=False),
        Column("event_id", Uuid),
        Column("case_id", Uuid),
        Column("topic", Text, nullable=False),
        Column("partition", Integer, nullable=False),
        Column("offset", BigInteger, nullable=False),
        Column("reason", Text, nullable=False),
        Column("field", Text),
        Column("value", LargeBinary),
        Column("headers", JSONB),
        Column("appended_at", INSTANT),
        Column("failed_at", INSTANT, nullable=False),
        Column("settled_at", INSTANT),
        Column("settled_how", Text),
        Index("dead_letters_open", "case_id", postgresql_where=text("settled_at IS NULL")),
    )
    held_events = Table(
        "held_events",
        metadata,
        Column("id", BigInteger, Identity(), primary_key=True),
        Column("case_id", Uuid, nullable=False),
        Column("event_id", Uuid, nullable=False, unique=True),
        Column("topic", Text, nullable=False),
        Column("value", LargeBinary, nullable=False),
        Column("headers", JSONB),
        Column("appended_at", INSTANT),
        Column("came_at", INSTANT, nullable=False),
        Index("held_events_case", "case_id"),
    )
    return MessagingTables(outbox, bundles, unpublished, inbox, sequences, dead_letters, held_events)
