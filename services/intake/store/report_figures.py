# ruff: noqa: S608  (names and values are bound as parameters; what is put together are constants)
"""The figures of a report, counted by the database: how many cases, by what, and which share of which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.store.case_conditions import Binds, condition_sql, fact_sql, occurrence_sql
from shared.procedures.milestones import ENDING
from shared.procedures.model import Figure, Report

MOST_GROUPS = 200
"""Values of a fact that a figure shows, those with most cases first."""

_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_FIRST = text("SELECT min(received_at) FROM cases WHERE procedure = :procedure")
_COLUMNS = {"received": "c.received_at", "registered": "c.registered_at"}
_ENDED = ", ".join(f"'{name}'" for name in sorted(ENDING))
# Open is what was received, and has not ended since it was last opened.
_OPEN = f"""
    c.received_at < :until AND NOT EXISTS (
        SELECT 1 FROM timeline e WHERE e.case_id = c.id AND e.occurrence IN ({_ENDED}) AND e.happened_at < :until
            AND NOT EXISTS (SELECT 1 FROM timeline o WHERE o.case_id = c.id AND o.occurrence = 'reopened'
                AND o.happened_at < :until AND o.happened_at > e.happened_at))
"""


@dataclass(frozen=True, slots=True)
class Window:
    """What is counted: the cases of a procedure, between two instants (the second is not in it).

    `own`: only those of which this fact has this value.
    """

    procedure: str
    since: datetime
    until: datetime
    own: tuple[str, str] | None = None


async def snapshot(tx: AsyncConnection) -> None:
    """Make all queries of the transaction see one state; before its first one."""
    await tx.execute(_SNAPSHOT)


async def known_since(tx: AsyncConnection, procedure: str) -> datetime | None:
    """When the first case of a procedure was received."""
    found = await tx.scalar(_FIRST, {"procedure": procedure})
    return found if isinstance(found, datetime) else None


async def count_selected(tx: AsyncConnection, report: Report, window: Window) -> int:
    """How many cases a report is about."""
    binds = Binds()
    query = f"SELECT count(*) FROM cases c WHERE {_selected(report, window, binds)}"
    return int(await tx.scalar(text(query), _values(binds, window)) or 0)


async def put_list(tx: AsyncConnection, report: Report, window: Window, report_id: UUID, edition: int) -> int:
    """Write the cases that a report lists; those that are there stay. Returns how many are new."""
    binds = Binds()
    measure = report.lists if isinstance(report.lists, str) else None
    among = _counted(report, window, measure, binds)
    query = f"""
        INSERT INTO report_cases (report_id, case_id, edition)
        SELECT :report_id, c.id, :edition FROM cases c WHERE {among} ON CONFLICT DO NOTHING
        """
    values = {**_values(binds, window), "report_id": report_id, "edition": edition}
    return int((await tx.execute(text(query), values)).rowcount)


async def figure_value(tx: AsyncConnection, report: Report, figure: Figure, window: Window) -> dict[str, Any]:
    """One figure: `{"value"}`, `{"numerator", "denominator"}`, or `{"groups": [..]}` of these with their `key`."""
    binds = Binds()
    if figure.rate is not None:
        part, whole = figure.rate
        inside = f"count(*) FILTER (WHERE {_true(_come_to(report, part, binds))})"
        numbers, where = f"{inside} AS numerator, count(*) AS denominator", _measured(report, window, whole, binds)
    else:
        where = _counted(report, window, figure.count, binds)
        numbers = "count(*) AS value"
    if figure.by is None:
        query = f"SELECT {numbers} FROM cases c WHERE {where}"
        row = (await tx.execute(text(query), _values(binds, window))).mappings().one()
        return dict(row)
    query = f"""
        SELECT {fact_sql(figure.by, binds)} #>> '{{}}' AS key, {numbers} FROM cases c WHERE {where}
        GROUP BY 1 ORDER BY count(*) DESC, 1 NULLS LAST LIMIT {MOST_GROUPS + 1}
        """
    rows = [dict(row) for row in (await tx.execute(text(query), _values(binds, window))).mappings()]
    return {"groups": rows[:MOST_GROUPS], "more": len(rows) > MOST_GROUPS}


def _values(binds: Binds, window: Window) -> Mapping[str, Any]:
    return {**binds.values, "procedure": window.procedure, "since": window.since, "until": window.until}


def _counted(report: Report, window: Window, measure: str | None, binds: Binds) -> str:
    """Which cases a measure counts; without one, those that the report is about."""
    if measure is None:
        return _selected(report, window, binds)
    return _measured(report, window, measure, binds)


def _selected(report: Report, window: Window, binds: Binds) -> str:
    """Which cases a report is about."""
    among = _OPEN if report.of.open else _happened(report.of.at or "received", binds)
    return _of_procedure(report, window, binds, among)


def _measured(report: Report, window: Window, word: str, binds: Binds) -> str:
    """Which cases a measure counts in the window."""
    own = next((one for one in report.measures if one.id == word), None)
    if own is None:
        return _of_procedure(report, window, binds, _happened(word, binds))
    return _of_procedure(report, window, binds, _happened(own.at, binds), _true(condition_sql(own.when, binds)))


def _of_procedure(report: Report, window: Window, binds: Binds, *conditions: str) -> str:
    when = _true(condition_sql(report.of.when, binds))
    own = "true"
    if window.own is not None:
        fact, value = window.own
        own = _true(f"({fact_sql(fact, binds)} = {binds.json(value)})")
    return " AND ".join(["c.procedure = :procedure", *(f"({one})" for one in conditions), when, own])


def _happened(word: str, binds: Binds) -> str:
    """Whether it happened to the case in the window; a breach that was taken back did not."""
    if word in _COLUMNS:
        column = _COLUMNS[word]
        return f"{column} >= :since AND {column} < :until"
    return (
        f"c.id IN (SELECT t.case_id FROM timeline t WHERE {occurrence_sql('t', word, binds)} "
        f"AND t.happened_at >= :since AND t.happened_at < :until{_stands(word)})"
    )


def _come_to(report: Report, word: str, binds: Binds) -> str:
    """Whether the case has come to a measure by the window's end, in the window or before."""
    own = next((one for one in report.measures if one.id == word), None)
    at, when = (own.at, own.when) if own is not None else (word, None)
    if at in _COLUMNS:
        happened = f"{_COLUMNS[at]} < :until"
    else:
        happened = (
            f"EXISTS (SELECT 1 FROM timeline t WHERE t.case_id = c.id AND {occurrence_sql('t', at, binds)} "
            f"AND t.happened_at < :until{_stands(at)})"
        )
    return f"({happened}) AND {_true(condition_sql(when, binds))}"


def _stands(word: str) -> str:
    if word.partition(":")[0] != "breached":
        return ""
    return (
        " AND NOT EXISTS (SELECT 1 FROM timeline r WHERE r.case_id = t.case_id AND r.occurrence = 'breach-retracted' "
        "AND r.qualifier = t.qualifier AND r.details->'cycle' = t.details->'cycle' AND r.sequence > t.sequence)"
    )


def _true(condition: str) -> str:
    return "true" if condition == "true" else f"coalesce({condition}, false)"
