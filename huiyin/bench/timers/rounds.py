"""Rounds of firing in an environment: steps at an even pace, or a backlog; and the summary of several rounds."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import psutil
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.bench.timers.environment import BenchEnvironment
from huiyin.bench.timers.fixtures import plant, uproot
from huiyin.embedded.processes.process import wait_for
from huiyin.replay.report import percentile

_LEAD_SECONDS = 3.0
_PATIENCE_SECONDS = 120.0
_STOLEN = "stolen"
STOLEN_CORES = "stolen_cores"
_LITTLE = 0.04  # of one processor
_SUMS = ("fired", "lost", "repeated")
_HIGHEST = ("max_ms", "memory_mb")
Figures = dict[str, float]


class Rounds:
    """Rounds in one environment, while those in `others` stand still. Each leaves the environment as it was before."""

    def __init__(
        self, environment: BenchEnvironment, engine: AsyncEngine, others: Sequence[BenchEnvironment] = ()
    ) -> None:
        self._environment = environment
        self._engine = engine
        self._others = others
        self._number = 0
        self._settling = 0.0

    async def plant_far(self, count: int) -> None:
        """Timers of the far future, which are pending from then on."""
        far = datetime.now(UTC) + timedelta(days=400)
        await plant(self._engine, "bench", "far", first=far, apart=timedelta(milliseconds=1), count=count)
        await self._settle()

    async def paced(self, rate: int, seconds: int) -> Figures:
        """Steps due at an even pace, so many a second; every one of them must come."""
        begin, name, count = self._environment.offsets(), self._next_name(), rate * seconds
        lead = _LEAD_SECONDS + count / 10_000 + 3 * self._settling  # planted before the first is due
        first = datetime.now(UTC) + timedelta(seconds=lead)
        await plant(self._engine, "bench", name, first=first, apart=timedelta(seconds=1) / rate, count=count)
        await self._settle()
        if datetime.now(UTC) > first:
            raise SystemExit("bench: the timers could not be planted in time; the machine is too busy")
        with self._alone():
            await asyncio.sleep(max(0.0, (first - datetime.now(UTC)).total_seconds()))
            used = _Used(self._environment)
            await asyncio.sleep(seconds)
            cores = used.cores()
            await self._all_published(begin, count)
        late = sorted((await asyncio.to_thread(self._environment.fired_since, begin, name)).late_ms)
        await uproot(self._engine, name)
        if not late:
            raise SystemExit("bench: not a single step was fired; see the sla service's log")
        return {
            "fired": len(late),
            "lost": count - len(late),
            "p50_ms": round(percentile(late, 50), 1),
            "p99_ms": round(percentile(late, 99), 1),
            "max_ms": round(late[-1], 1),
            **cores,
            "memory_mb": round(self._environment.memory_mb()),
        }

    async def drain(self, count: int) -> Figures:
        """Steps that all came due while the service stood still; from its first moment to the last acknowledgement."""
        begin, name = self._environment.offsets(), self._next_name()
        with self._alone():
            with self._environment.standing_still():
                first = datetime.now(UTC)
                await plant(self._engine, "bench", name, first=first, apart=timedelta(microseconds=10), count=count)
                await self._settle()
                await asyncio.sleep(max(0.0, (first - datetime.now(UTC)).total_seconds() + count / 100_000))
            started, used = time.time(), _Used(self._environment)
            await self._all_published(begin, count)
            costs = used.microseconds(count)
        fired = await asyncio.to_thread(self._environment.fired_since, begin, name)
        await uproot(self._engine, name)
        return {
            "fired": len(fired.late_ms),
            "lost": count - len(fired.late_ms),
            "per_second": round(count / (fired.last - started)),
            **costs,
            "memory_mb": round(self._environment.memory_mb()),
        }

    def _next_name(self) -> str:
        self._number += 1
        return f"round-{self._number}"

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with contextlib.ExitStack() as still:
            for other in self._others:
                still.enter_context(other.standing_still())
            yield

    async def _settle(self) -> None:
        """Let the rows just planted be to the database what rows are that were armed days ago."""
        begun = time.monotonic()
        await self._environment.settle()
        self._settling = time.monotonic() - begun

    async def _all_published(self, begin: dict[int, int], count: int) -> None:
        def all_there() -> bool:
            return sum(self._environment.offsets().values()) - sum(begin.values()) >= count

        await asyncio.to_thread(wait_for, all_there, _PATIENCE_SECONDS, interval_s=0.2)


class _Used:
    """Processor time used from now on: by each part of an environment, and by other machines on the host (`stolen`)."""

    def __init__(self, environment: BenchEnvironment) -> None:
        self._environment = environment
        self._begun, self._before = time.monotonic(), self._so_far()

    def cores(self) -> Figures:
        """How many processors each part used."""
        taken = time.monotonic() - self._begun
        return {f"{part}_cores": round(seconds / taken, 2) for part, seconds in self._seconds()}

    def microseconds(self, count: int) -> Figures:
        """Of processor time, that each part used for each of so many steps; and how many processors were stolen."""
        used = {f"{part}_us": round(seconds / count * 1e6, 1) for part, seconds in self._seconds() if part != _STOLEN}
        return {**used, STOLEN_CORES: self.cores()[STOLEN_CORES]}

    def _seconds(self) -> list[tuple[str, float]]:
        now = self._so_far()
        return [(part, now[part] - self._before[part]) for part in sorted(now)]

    def _so_far(self) -> dict[str, float]:
        return {**self._environment.cpu_seconds(), _STOLEN: getattr(psutil.cpu_times(), "steal", 0.0)}


async def undisturbed(measure: Callable[[], Awaitable[Figures]], *, again: int) -> Figures:
    """Measure again while other machines on this one's host take more than a little of it, `again` times at most.

    Returns the round of which the least was stolen, and how often it was `repeated`.
    """
    rounds: list[Figures] = []
    while len(rounds) <= again and all(one[STOLEN_CORES] > _LITTLE for one in rounds):
        rounds.append(await measure())
    return {**min(rounds, key=lambda one: one[STOLEN_CORES]), "repeated": len(rounds) - 1}


def combined(rounds: Sequence[Figures]) -> Figures:
    """The summary of rounds of one kind: the median of each figure, the sum of what was fired and lost, and the
    highest of what is a maximum."""
    return {name: _one([found[name] for found in rounds], name) for name in rounds[0]}


def _one(values: Sequence[float], name: str) -> float:
    if name in _SUMS:
        return sum(values)
    return max(values) if name in _HIGHEST else statistics.median(values)
