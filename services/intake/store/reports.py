"""The queries on recurring reports: opening, figures, lists, sign-off."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.reports import PeriodicReport
from services.intake.store.timeline import write_entries
from shared.events.envelope import Event
from shared.messaging import outbox
from shared.security.acting import HIDDEN_SQL

_NAMES = tuple(one.name for one in fields(PeriodicReport))
_COLUMNS = ", ".join(_NAMES)
_VALUES = ", ".join(f":{name}" for name in _NAMES)
_SERIES = text("SELECT opened_through FROM report_series WHERE procedure = :procedure AND report = :report FOR UPDATE")
_PUT_SERIES = text(
    """
    INSERT INTO report_series (procedure, report, opened_through) VALUES (:procedure, :report, :through)
    ON CONFLICT (procedure, report) DO UPDATE
    SET opened_through = greatest(report_series.opened_through, excluded.opened_through)
    """
)
_OPEN = text(
    f"INSERT INTO reports ({_COLUMNS}) VALUES ({_VALUES}) ON CONFLICT DO NOTHING RETURNING id"  # noqa: S608
).bindparams(bindparam("fields", type_=JSONB))
_ONE = text(f"SELECT {_COLUMNS} FROM reports WHERE id = :id").columns(fields=JSONB)  # noqa: S608
_ONE_LOCKED = text(f"SELECT {_COLUMNS} FROM reports WHERE id = :id FOR UPDATE").columns(fields=JSONB)  # noqa: S608
_UNCOUNTED = text("SELECT id FROM reports WHERE edition = 0 AND ready_at <= :now ORDER BY ready_at, id LIMIT :limit")
_TAKE_UNCOUNTED = text(
    f"SELECT {_COLUMNS} FROM reports WHERE id = :id AND edition = 0 FOR UPDATE SKIP LOCKED"  # noqa: S608
).columns(fields=JSONB)
_NEXT_UNLISTED = text(
    f"SELECT {_COLUMNS} FROM reports WHERE unlisted ORDER BY ready_at, id LIMIT 1 FOR UPDATE SKIP LOCKED"  # noqa: S608
).columns(fields=JSONB)
_NOT_MADE = text(
    f"SELECT {_COLUMNS} FROM reports WHERE made_at IS NULL AND id > :after ORDER BY id LIMIT :limit"  # noqa: S608
).columns(fields=JSONB)
_EDITION = text("UPDATE reports SET edition = :edition, unlisted = unlisted OR :unlisted WHERE id = :id")
_PUT_EDITION = text(
    """
    INSERT INTO report_editions (report_id, edition, computed_at, computed_by, cases, figures)
    VALUES (:report_id, :edition, :computed_at, :computed_by, :cases, :figures)
    """
).bindparams(bindparam("figures", type_=JSONB))
_EDITIONS = text(
    """
    SELECT edition, computed_at, computed_by, cases, figures FROM report_editions WHERE report_id = :id
    ORDER BY edition
    """
).columns(figures=JSONB)
_UNLISTED = text(
    """
    SELECT l.case_id, l.edition, c.procedure, c.procedure_version FROM report_cases l JOIN cases c ON c.id = l.case_id
    WHERE l.report_id = :id AND l.listed_at IS NULL ORDER BY l.case_id LIMIT :limit
    """
)
_LISTED = text("UPDATE report_cases SET listed_at = :now WHERE report_id = :id AND case_id = ANY(:cases)")
_ALL_LISTED = text("UPDATE reports SET unlisted = false WHERE id = :id")
_CASES = text(
    """
    SELECT c.id, c.number, c.status, c.class AS class_, c.department, c.level, c.received_at, l.edition, l.listed_at
    FROM report_cases l JOIN cases c ON c.id = l.case_id
    WHERE l.report_id = :id AND (CAST(:after AS uuid) IS NULL OR l.case_id > :after) AND NOT {hidden}
    ORDER BY l.case_id LIMIT :limit
    """.replace("{hidden}", HIDDEN_SQL)
)
_MADE = text(
    """
    UPDATE reports SET made_at = :made_at, made_by = :made_by, person = :person, signed_with = :signed_with,
        fields = :fields WHERE id = :id
    """
).bindparams(bindparam("fields", type_=JSONB))
_MOVE = text(
    "UPDATE reports SET due_at = :due_at, cut_at = :cut_at, ready_at = :ready_at WHERE id = :id AND made_at IS NULL"
)
_COUNT = text(
    """
    SELECT procedure, count(*) AS open, count(*) FILTER (WHERE due_at < :now) AS overdue FROM reports
    WHERE made_at IS NULL GROUP BY procedure
    """
)


@dataclass(frozen=True, slots=True)
class Edition:
    """The figures of a report as they were counted once; `cases`: how many it is about."""

    edition: int
    computed_at: datetime
    computed_by: str | None
    cases: int
    figures: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ToList:
    """A case that is to say that it is listed."""

    case_id: UUID
    edition: int
    procedure: str
    procedure_version: int


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case of a report's list, as it stands now."""

    id: UUID
    number: str
    status: str
    class_: str | None
    department: str | None
    level: str | None
    received_at: datetime
    edition: int
    listed_at: datetime | None


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many reports of a procedure are not made, and how many of these are overdue."""

    procedure: str
    open: int
    overdue: int


async def opened_through(tx: AsyncConnection, procedure: str, report: str) -> date | None:
    """The last day whose period was dealt with; None for a report never seen. Its row is locked."""
    found = await tx.scalar(_SERIES, {"procedure": procedure, "report": report})
    return found if isinstance(found, date) else None


async def put_series(tx: AsyncConnection, procedure: str, report: str, through: date) -> None:
    """Note through which day the periods of a report are opened."""
    await tx.execute(_PUT_SERIES, {"procedure": procedure, "report": report, "through": through})


async def open_reports(tx: AsyncConnection, reports: Sequence[PeriodicReport]) -> list[PeriodicReport]:
    """Write new reports; returns those that were not there."""
    return [one for one in reports if (await tx.execute(_OPEN, asdict(one))).first() is not None]


async def find(connection: AsyncConnection, id: UUID, *, lock: bool = False) -> PeriodicReport | None:
    """A report by its id."""
    row = (await connection.execute(_ONE_LOCKED if lock else _ONE, {"id": id})).mappings().first()
    return PeriodicReport(**row) if row else None


async def uncounted(connection: AsyncConnection, now: datetime, *, limit: int) -> list[UUID]:
    """Reports that can be made by `now` and have no figures yet, those that could be made first at the head."""
    return [row.id for row in await connection.execute(_UNCOUNTED, {"now": now, "limit": limit})]


async def take_uncounted(tx: AsyncConnection, id: UUID) -> PeriodicReport | None:
    """A report without figures, locked; None if it has some, or is in another's hands."""
    row = (await tx.execute(_TAKE_UNCOUNTED, {"id": id})).mappings().first()
    return PeriodicReport(**row) if row else None


async def next_unlisted(tx: AsyncConnection) -> PeriodicReport | None:
    """A report with cases that have not said yet that they are listed, in nobody's hands; locked."""
    row = (await tx.execute(_NEXT_UNLISTED)).mappings().first()
    return PeriodicReport(**row) if row else None


async def not_made(connection: AsyncConnection, after: UUID, *, limit: int) -> list[PeriodicReport]:
    """Reports that are not made, in the order of their ids."""
    rows = (await connection.execute(_NOT_MADE, {"after": after, "limit": limit})).mappings()
    return [PeriodicReport(**row) for row in rows]


async def put_edition(tx: AsyncConnection, id: UUID, one: Edition, *, unlisted: bool) -> None:
    """Write the figures of a report, whose row is locked; `unlisted`: cases are still to say so."""
    await tx.execute(_EDITION, {"id": id, "edition": one.edition, "unlisted": unlisted})
    await tx.execute(_PUT_EDITION, {"report_id": id, **asdict(one)})


async def editions(connection: AsyncConnection, id: UUID) -> list[Edition]:
    """All figures of a report, the first first."""
    return [Edition(**row) for row in (await connection.execute(_EDITIONS, {"id": id})).mappings()]


async def unlisted(tx: AsyncConnection, id: UUID, *, limit: int) -> list[ToList]:
    """Cases of a report's list that have not said so."""
    return [ToList(*row) for row in await tx.execute(_UNLISTED, {"id": id, "limit": limit})]


async def mark_listed(tx: AsyncConnection, id: UUID, cases: Collection[UUID], now: datetime) -> None:
    """Note that these cases have said so."""
    await tx.execute(_LISTED, {"id": id, "cases": list(cases), "now": now})


async def finish_listing(tx: AsyncConnection, id: UUID) -> None:
    """Note that all cases of a report's list have said so."""
    await tx.execute(_ALL_LISTED, {"id": id})


async def listed_cases(
    connection: AsyncConnection, id: UUID, after: UUID | None, *, limit: int, acting: Mapping[str, Sequence[str]]
) -> list[ListedCase]:
    """A page of a report's list, in the order of the cases' ids, without what is hidden from these offices."""
    given = {"id": id, "after": after, "limit": limit, "acting": json.dumps(acting)}
    return [ListedCase(*row) for row in await connection.execute(_CASES, given)]


async def sign_off(
    tx: AsyncConnection,
    id: UUID,
    *,
    at: datetime,
    by: str,
    person: str | None,
    key: str,
    written: Mapping[str, Any],
) -> None:
    """Note who made a report, whose row is locked, and what was written that may be shown."""
    values = {"made_at": at, "made_by": by, "person": person, "signed_with": key, "fields": dict(written)}
    await tx.execute(_MADE, {"id": id, **values})


async def move(tx: AsyncConnection, id: UUID, due_at: datetime, cut_at: datetime, ready_at: datetime) -> None:
    """Note that a report that is not made is due at another instant."""
    await tx.execute(_MOVE, {"id": id, "due_at": due_at, "cut_at": cut_at, "ready_at": ready_at})


async def count_open(connection: AsyncConnection, now: datetime) -> list[OpenCount]:
    """How many reports are open and overdue, by procedure."""
    return [OpenCount(*row) for row in await connection.execute(_COUNT, {"now": now})]


async def emit(tx: AsyncConnection, events: Sequence[Event]) -> None:
    """Emit events of reports: outbox and timeline."""
    await write_entries(tx, await outbox.append(tx, events))


_STATES = {
    "made": "made_at IS NOT NULL",
    "overdue": "made_at IS NULL AND due_at < :now",
    "ready": "made_at IS NULL AND edition > 0 AND due_at >= :now",
    "open": "made_at IS NULL AND edition = 0 AND due_at >= :now",
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which reports a list holds; `after` is the id of the last one of the page before."""

    procedure: str | None
    report: str | None
    period: str | None
    state: str | None
    after: UUID | None
    limit: int


async def list_reports(connection: AsyncConnection, wanted: Filter, now: datetime) -> list[PeriodicReport]:
    """A page of reports, those due first at the head."""
    conditions = [f"{name} = :{name}" for name in ("procedure", "report", "period") if getattr(wanted, name)]
    if wanted.state is not None:
        conditions.append(_STATES[wanted.state])
    if wanted.after is not None:
        conditions.append("(due_at, id) > (SELECT due_at, id FROM reports WHERE id = :after)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    query = f"SELECT {_COLUMNS} FROM reports {where} ORDER BY due_at, id LIMIT :limit"  # noqa: S608  (constants)
    values = {name: value for name, value in asdict(wanted).items() if value is not None} | {"now": now}
    if ":now" not in query:
        values.pop("now")
    rows = (await connection.execute(text(query).columns(fields=JSONB), values)).mappings()
    return [PeriodicReport(**row) for row in rows]
