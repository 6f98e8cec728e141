"""`huiyin bench timers`: arming, draining, lateness at several rates, and the same with many timers pending."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from shared.bench.group import bench_group
from shared.errors import InvalidInput
from shared.stack.process import wait_for

if TYPE_CHECKING:
    from services.sla.bench.yard import Yard

_LEAD_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0
Figures = dict[str, Any]


def register(app: typer.Typer) -> None:
    """Add `bench timers` to `huiyin`."""
    bench_group(app).command("timers")(timers)


def timers(
    rates: Annotated[str, typer.Option(help="steps a second to measure the lateness at")] = "500,4000,16000",
    seconds: Annotated[int, typer.Option(min=1, help="how long each rate is kept")] = 15,
    backlog: Annotated[int, typer.Option(min=1000, help="overdue steps to drain")] = 100_000,
    pending: Annotated[
        int, typer.Option(min=0, help="timers of the far future beside the last rounds; 0: none")
    ] = 1_000_000,
    armed: Annotated[int, typer.Option(min=1000, help="timers to arm")] = 200_000,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
) -> None:
    """Measure durable timers: from due to written, published and acknowledged by the broker.

    Starts a broker, a database and the sla service of its own in a temporary folder; takes some minutes.
    """
    from services.sla.bench.yard import open_yard

    chosen = _Chosen(_numbers(rates), seconds, backlog, pending, armed)

    def say(line: str) -> None:
        if not as_json:
            print(line, file=sys.stderr, flush=True)

    with open_yard(say) as yard:
        figures = asyncio.run(_measure(yard, chosen, say))
    if as_json:
        print(json.dumps(figures))


@dataclass(frozen=True)
class _Chosen:
    rates: list[int]
    seconds: int
    backlog: int
    pending: int
    armed: int


def _numbers(text: str) -> list[int]:
    try:
        found = [int(word) for word in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise InvalidInput("whole numbers above zero, with commas between them", field="--rates")
    return found


@dataclass
class _Bench:
    yard: Yard
    engine: Any
    say: Any
    settling: float = 0.0
    """Seconds that the database took last to settle."""

    async def settle(self) -> None:
        """Let the rows just planted be to the database what rows are that were armed days ago."""
        begun = time.monotonic()
        await self.yard.settle()
        self.settling = time.monotonic() - begun

    async def paced(self, rate: int, seconds: int, name: str) -> Figures:
        """Steps due at an even pace; every one of them must come."""
        from services.sla.bench.planting import plant

        begin = self.yard.offsets()
        count = rate * seconds
        lead = _LEAD_SECONDS + count / 10_000 + 3 * self.settling  # planted before the first is due
        first = datetime.now(UTC) + timedelta(seconds=lead)
        await plant(self.engine, "bench", name, first=first, apart=timedelta(seconds=1) / rate, count=count)
        await self.settle()
        if datetime.now(UTC) > first:
            raise SystemExit("bench: the timers could not be planted in time; the machine is too busy")
        await asyncio.sleep(max(0.0, (first - datetime.now(UTC)).total_seconds()))
        started, before = time.monotonic(), self.yard.cpu_seconds()
        await asyncio.sleep(seconds)
        used, taken = self.yard.cpu_seconds(), time.monotonic() - started
        await self._all_published(begin, count)
        fired = await asyncio.to_thread(self.yard.fired_since, begin, name)
        late = sorted(fired.late_ms)
        return {
            "fired": len(late),
            "lost": count - len(late),
            "p50_ms": round(_percentile(late, 50), 1),
            "p99_ms": round(_percentile(late, 99), 1),
            "max_ms": round(late[-1], 1),
            **{f"{part}_cores": round((used[part] - before[part]) / taken, 2) for part in sorted(used)},
            "memory_mb": round(self.yard.memory_mb()),
        }

    async def drain(self, count: int, name: str) -> Figures:
        """Steps that all came due while the service stood still; from its first moment to the last acknowledgement."""
        from services.sla.bench.planting import plant

        begin = self.yard.offsets()
        with self.yard.standing_still():
            first = datetime.now(UTC)
            await plant(self.engine, "bench", name, first=first, apart=timedelta(microseconds=10), count=count)
            await self.settle()
            await asyncio.sleep(max(0.0, (first - datetime.now(UTC)).total_seconds() + count / 100_000))
        started, before = time.time(), self.yard.cpu_seconds()
        await self._all_published(begin, count)
        used = self.yard.cpu_seconds()
        fired = await asyncio.to_thread(self.yard.fired_since, begin, name)
        return {
            "fired": len(fired.late_ms),
            "lost": count - len(fired.late_ms),
            "per_second": round(count / (fired.last - started)),
            **{f"{part}_us": round((used[part] - before[part]) / count * 1e6, 1) for part in sorted(used)},
            "memory_mb": round(self.yard.memory_mb()),
        }

    async def arm(self, count: int) -> Figures:
        """Timers written, 5,000 a transaction; and cases through the whole handler, 250 a transaction.

        Beside them, for comparison: plain rows with one index, written the same way.
        """
        from services.sla import store_timers
        from services.sla.bench.yard import RULES
        from services.sla.worker import Worker
        from shared.business_time.clock import RealClock
        from shared.business_time.loader import load_calendars
        from shared.events.complaints import ComplaintRegistered
        from shared.events.envelope import make
        from shared.messaging import outbox
        from shared.procedures.loader import assemble

        far = datetime.now(UTC) + timedelta(days=365)
        rows = []
        for n in range(count):
            case = uuid4()
            at = far + timedelta(milliseconds=n)
            rows.append((store_timers.shard_of(case), at, case, uuid4(), "reply", 1, 1, "due", True))
        begun = time.perf_counter()
        for start in range(0, count, 5_000):
            async with self.engine.begin() as tx:
                await store_timers.lock_shards(tx, range(store_timers.SHARDS))
                await store_timers.insert(tx, rows[start : start + 5_000])
        rows_per_second = count / (time.perf_counter() - begun)
        plain_per_second = await self._plain_rows(count)

        clock = RealClock()
        worker = Worker(assemble([("bench", RULES)]), load_calendars(), clock)
        armed = 0

        def note(found: Any) -> None:
            nonlocal armed
            armed += len(found)

        worker.armed.append(note)
        data = ComplaintRegistered(case_number="B1", channel="online", received_at=clock.now())
        events = [make("intake", uuid4(), RULES.key, data, cause="1", at=clock.now()) for _ in range(count // 20)]
        begun = time.perf_counter()
        for start in range(0, len(events), 250):
            async with self.engine.begin() as tx:
                await outbox.append(tx, await worker.handle(tx, events[start : start + 250], clock.now()))
        taken = time.perf_counter() - begun
        return {
            "timers_per_second": round(rows_per_second),
            "plain_rows_per_second": round(plain_per_second),
            "cases_decided_per_second": round(len(events) / taken),
            "timers_of_cases_per_second": round(armed / taken),
        }

    async def _plain_rows(self, count: int) -> float:
        """Rows a second of the simplest table that could hold timers: what this machine gives at this moment."""
        from sqlalchemy import text

        rows = [(n, n, "x" * 40) for n in range(count)]
        async with self.engine.begin() as tx:
            await tx.execute(
                text("CREATE TABLE yardstick (due bigint, id bigint, payload text, PRIMARY KEY (due, id))")
            )
        begun = time.perf_counter()
        for start in range(0, count, 5_000):
            async with self.engine.begin() as tx:
                await tx.execute(text("SELECT 1"))
                connection = (await tx.get_raw_connection()).driver_connection
                await connection.copy_records_to_table("yardstick", records=rows[start : start + 5_000])
        taken = time.perf_counter() - begun
        async with self.engine.begin() as tx:
            await tx.execute(text("DROP TABLE yardstick"))
        return count / taken

    async def _all_published(self, begin: dict[int, int], count: int) -> None:
        def all_there() -> bool:
            return sum(self.yard.offsets().values()) - sum(begin.values()) >= count

        await asyncio.to_thread(wait_for, all_there, _PATIENCE_SECONDS, interval_s=0.2)


async def _measure(yard: Yard, chosen: _Chosen, say: Any) -> Figures:
    from services.sla.bench.planting import plant
    from shared.messaging.database import open_database

    engine = open_database(yard.database)
    bench = _Bench(yard, engine, say)
    figures: Figures = {}

    def note(name: str, found: Figures) -> None:
        figures[name] = found
        say(f"{name:<28} " + "  ".join(f"{key} {value:,}" for key, value in found.items()))

    try:
        note("machine", {"additions_per_microsecond": _speed()})
        # not counted: servers and service that have run for a while have compiled their paths, and have a log to reuse
        await bench.drain(chosen.backlog, "warm-up")
        await bench.settle()
        for rate in chosen.rates:
            note(f"{rate}/s", await bench.paced(rate, chosen.seconds, f"paced-{rate}"))
        note("drain", await bench.drain(chosen.backlog, "drain"))
        if chosen.pending:
            beside = f"{chosen.pending:,} pending"
            say(f"planting {chosen.pending:,} timers of the far future")
            far = datetime.now(UTC) + timedelta(days=400)
            await plant(engine, "bench", "far", first=far, apart=timedelta(milliseconds=1), count=chosen.pending)
            await bench.settle()
            for rate in chosen.rates:
                note(f"{rate}/s, {beside}", await bench.paced(rate, chosen.seconds, f"beside-{rate}"))
            note(f"drain, {beside}", await bench.drain(chosen.backlog, "drain-beside"))
        note("arm", await bench.arm(chosen.armed))  # last: its cases are looked after from then on
    finally:
        await engine.dispose()
    return figures


def _speed() -> float:
    """What one processor does just then: additions of small integers a microsecond, in Python."""
    begun = time.perf_counter()
    total = 0
    for n in range(3_000_000):
        total += n
    return round(3 / (time.perf_counter() - begun), 1)


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)] if ordered else float("nan")
