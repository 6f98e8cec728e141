"""Arming timers: rows in bulk, and cases through the whole handler."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.bench.timers.environment import RULES
from services.sla.domain.shards import SHARDS, shard_of
from services.sla.handlers import ClockHandlers
from services.sla.store import timers
from shared.business_time.clock import RealClock
from shared.business_time.loader import load_calendars
from shared.events.complaints import ComplaintRegistered
from shared.events.envelope import make
from shared.messaging import outbox
from shared.procedures.loader import assemble


async def arm(engine: AsyncEngine, count: int) -> dict[str, float]:
    """Timers written, 5,000 a transaction; and cases through the whole handler, 250 a transaction.

    Beside them, for comparison: plain rows with one index, written the same way.
    """
    far = datetime.now(UTC) + timedelta(days=365)
    rows = []
    for n in range(count):
        case = uuid4()
        at = far + timedelta(milliseconds=n)
        rows.append(timers.TimerRow(shard_of(case), at, case, uuid4(), "reply", 1, 1, "due", True))
    begun = time.perf_counter()
    for start in range(0, count, 5_000):
        async with engine.begin() as tx:
            await timers.lock_shards(tx, range(SHARDS))
            await timers.insert(tx, rows[start : start + 5_000])
    rows_per_second = count / (time.perf_counter() - begun)
    plain_per_second = await _plain_rows(engine, count)

    clock = RealClock()
    handlers = ClockHandlers(assemble([("bench", RULES)]), load_calendars(), clock)
    armed = 0

    def note(found: Sequence[object]) -> None:
        nonlocal armed
        armed += len(found)

    handlers.armed.append(note)
    data = ComplaintRegistered(case_number="B1", channel="online", received_at=clock.now())
    events = [make("intake", uuid4(), RULES.key, data, cause="1", at=clock.now()) for _ in range(count // 20)]
    begun = time.perf_counter()
    for start in range(0, len(events), 250):
        async with engine.begin() as tx:
            await outbox.append(tx, await handlers.apply_events(tx, events[start : start + 250], clock.now()))
    taken = time.perf_counter() - begun
    return {
        "timers_per_second": round(rows_per_second),
        "plain_rows_per_second": round(plain_per_second),
        "cases_decided_per_second": round(len(events) / taken),
        "timers_of_cases_per_second": round(armed / taken),
    }


async def _plain_rows(engine: AsyncEngine, count: int) -> float:
    """Rows a second of the simplest table that could hold timers: what this machine gives at this moment."""
    rows = [(n, n, "x" * 40) for n in range(count)]
    async with engine.begin() as tx:
        await tx.execute(text("CREATE TABLE plain_rows (due bigint, id bigint, payload text, PRIMARY KEY (due, id))"))
    begun = time.perf_counter()
    for start in range(0, count, 5_000):
        async with engine.begin() as tx:
            await tx.execute(text("SELECT 1"))
            connection = (await tx.get_raw_connection()).driver_connection
            assert connection is not None  # noqa: S101  (an open transaction has one)
            await connection.copy_records_to_table("plain_rows", records=rows[start : start + 5_000])
    taken = time.perf_counter() - begun
    async with engine.begin() as tx:
        await tx.execute(text("DROP TABLE plain_rows"))
    return count / taken
