"""Notify's tables, and the queries on cases. Further queries by subject: `store_notices`, `store_queue`,
`store_senders`, `store_calls`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

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
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.case import Case
from shared.messaging.tables import INSTANT, messaging_tables
from shared.security.keys import api_keys_table

metadata = MetaData()
messaging_tables(metadata)
api_keys_table(metadata)

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

# Every notice. `occurred_at`, `said_at`, `made_at`, `settled_at` are on the cases' clock; `queued_at`, `next_try_at`
# are real time, because deliveries are real. States: undecided, waiting, sending, sent, failed, superseded, joined.
# `joins`: it may be told within another; one that is `joined` to `joined_to` is, and shares its fate.
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
    Column("said_at", INSTANT, nullable=False),
    Column("made_at", INSTANT, nullable=False),
    Column("queued_at", INSTANT, nullable=False),
    Column("next_try_at", INSTANT, nullable=False),
    Column("lane", Text),
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
    Index("notices_unrouted", "next_try_at", postgresql_where=text("state = 'waiting' AND lane IS NULL")),
    Index("notices_due", "lane", "next_try_at", postgresql_where=text("state = 'waiting'")),
    Index("notices_order", "lane", "position", postgresql_where=text("state = 'waiting'")),
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

# One lane per receiving endpoint; `busy_by` is the sender that works on it, `open_at` (real) when it may be tried.
lanes = Table(
    "lanes",
    metadata,
    Column("lane", Text, primary_key=True),
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
    Column("said_at", INSTANT, nullable=False),
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

_KNOWN = text("SELECT case_id FROM cases WHERE case_id = ANY(:cases)")
_LOAD = text("SELECT * FROM cases WHERE case_id = ANY(:cases) ORDER BY case_id FOR UPDATE")
_LOCK = text("SELECT 1 FROM cases WHERE case_id = ANY(:cases) ORDER BY case_id FOR UPDATE")
_READ = text("SELECT * FROM cases WHERE case_id = ANY(:cases)")
_SAVE = text(
    """
    INSERT INTO cases (case_id, procedure, version, pinned_at, case_number, body)
    SELECT * FROM unnest(CAST(:case_id AS uuid[]), CAST(:procedure AS text[]), CAST(:version AS int[]),
        CAST(:pinned_at AS timestamptz[]), CAST(:case_number AS text[]), CAST(:body AS jsonb[]))
    ON CONFLICT (case_id) DO UPDATE SET procedure = excluded.procedure, version = excluded.version,
        pinned_at = excluded.pinned_at, case_number = excluded.case_number, body = excluded.body
    """
)


async def known(tx: AsyncConnection, wanted: Collection[UUID]) -> set[UUID]:
    """Of these cases, those that are registered here."""
    return {row.case_id for row in await tx.execute(_KNOWN, {"cases": list(wanted)})}


async def load(tx: AsyncConnection, wanted: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id, each locked, in the order of their ids."""
    return {row.case_id: case_of(row) for row in await tx.execute(_LOAD, {"cases": list(wanted)})}


async def lock(tx: AsyncConnection, wanted: Collection[UUID]) -> None:
    """Lock cases without reading them."""
    await tx.execute(_LOCK, {"cases": list(wanted)})


async def read(tx: AsyncConnection, wanted: Collection[UUID]) -> dict[UUID, Case]:
    """Cases by id, not locked."""
    return {row.case_id: case_of(row) for row in await tx.execute(_READ, {"cases": list(wanted)})}


async def save(tx: AsyncConnection, changed: Sequence[Case]) -> None:
    """Write cases, new ones too."""
    if not changed:
        return
    bodies = [{"given": one.given, "reached": one.reached, "clocks": one.clocks, "late": one.late} for one in changed]
    await tx.execute(
        _SAVE,
        {
            "case_id": [one.id for one in changed],
            "procedure": [one.procedure for one in changed],
            "version": [one.version for one in changed],
            "pinned_at": [one.pinned_at for one in changed],
            "case_number": [one.case_number for one in changed],
            "body": [json.dumps(body, ensure_ascii=False) for body in bodies],
        },
    )


def case_of(row: Any) -> Case:
    """A case from its row."""
    body = row.body if isinstance(row.body, dict) else json.loads(row.body)
    return Case(
        row.case_id, row.procedure, row.version, row.pinned_at, row.case_number, body["given"], body["reached"],
        body["clocks"], body.get("late", {}),
    )  # fmt: skip
