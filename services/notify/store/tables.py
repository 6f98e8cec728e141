"""Notify's tables. Nobody else touches this database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

from shared.messaging.tables import INSTANT, messaging_tables
from shared.security.keys import key_tables

metadata = MetaData()
messaging_tables(metadata)
key_tables(metadata)

# What notify knows of each case: coded facts only. `body` is the fold of its events (see `cases.Case`).
cases = Table(
    "cases",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("pinned_at", INSTANT, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("body", JSONB, nullable=False),
)

# Every notice. `occurred_at`, `emitted_at`, `made_at`, `settled_at` are on the cases' clock; `queued_at`, `next_try_at`
# are real time, because deliveries are real. States: undecided, waiting, sending, sent, failed, superseded, joined.
# `joins`: it may be delivered within another; one that is `joined` to `joined_to` is, and shares its fate.
notices = Table(
    "notices",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(), nullable=False, unique=True),
    Column("case_id", Uuid, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("notice", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("details", JSONB, nullable=False),
    Column("conditional", Boolean, nullable=False),
    Column("clock", Text),
    Column("cycle", Integer),
    Column("rank", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("occurred_at", INSTANT, nullable=False),
    Column("emitted_at", INSTANT, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("queued_at", INSTANT, nullable=False),
    Column("next_try_at", INSTANT, nullable=False),
    Column("queue", Text),
    Column("sink", Text),
    Column("addressee", Text),
    Column("sender", Uuid),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("resends", Integer, nullable=False, server_default="0"),
    Column("blanks", Integer, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("ambiguous", Boolean, nullable=False, server_default=text("false")),
    Column("settled_at", INSTANT),
    Column("joins", Boolean, nullable=False, server_default=text("false")),
    Column("joined_to", Uuid),
    Index("notices_case", "case_id"),
    Index("notices_unrouted", "next_try_at", postgresql_where=text("state = 'waiting' AND queue IS NULL")),
    Index("notices_due", "queue", "next_try_at", postgresql_where=text("state = 'waiting'")),
    Index("notices_order", "queue", "position", postgresql_where=text("state = 'waiting'")),
    Index("notices_sending", "sender", postgresql_where=text("state = 'sending'")),
    Index("notices_open", "case_id", postgresql_where=text("state IN ('undecided', 'waiting')")),
    Index("notices_failed", "position", postgresql_where=text("state = 'failed'")),
)

# Every attempt to deliver, in real time; `outcome` is a code, None while it is under way or if its process died.
attempts = Table(
    "attempts",
    metadata,
    Column("notice_id", Uuid, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_at", INSTANT, nullable=False),
    Column("ended_at", INSTANT),
    Column("outcome", Text),
)

# One queue per receiving endpoint; `busy_by` is the sender that works on it, `open_at` (real) when it may be tried.
endpoint_queues = Table(
    "endpoint_queues",
    metadata,
    Column("queue", Text, primary_key=True),
    Column("sink", Text, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("open_at", INSTANT, nullable=False),
    Column("picked_at", INSTANT),
    Column("busy_by", Uuid),
    Column("disabled_at", INSTANT),
    Column("reason", Text),
)

# The senders that live; one that has not been seen for a while is dead, and its work is taken over.
senders = Table(
    "senders",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("seen_at", INSTANT, nullable=False),
)

# Call-back tasks. States: undecided, open, done. Instants are on the cases' clock.
call_backs = Table(
    "call_backs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("position", BigInteger, Identity(), nullable=False, unique=True),
    Column("case_id", Uuid, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("element", Integer, nullable=False),
    Column("occurrence", Text, nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("conditional", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("occurred_at", INSTANT, nullable=False),
    Column("emitted_at", INSTANT, nullable=False),
    Column("due_at", INSTANT),
    Column("calls", JSONB, nullable=False, server_default="[]"),
    Column("satisfied", Boolean),
    Column("score", SmallInteger),
    Column("answered_at", INSTANT),
    Index("call_backs_case", "case_id"),
    Index("call_backs_open", "position", postgresql_where=text("state = 'open'")),
)

# The complainant's answer without a call-back: one for each cycle of a case.
satisfactions = Table(
    "satisfactions",
    metadata,
    Column("case_id", Uuid, primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("satisfied", Boolean, nullable=False),
    Column("score", SmallInteger),
    Column("at", INSTANT, nullable=False),
)
