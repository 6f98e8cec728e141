"""One run of the demonstration on a stack that is up: complaints, departments at work, the clock, the count."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from huiyin.cli.client import Connection
from huiyin.demo.arrivals import bring_in, prepare
from huiyin.demo.audit import oracle
from huiyin.demo.audit.backlog import Monitor
from huiyin.demo.audit.evidence import Evidence, gather
from huiyin.demo.audit.oracle import Verdict
from huiyin.demo.audit.summary import Summary, summarise
from huiyin.demo.pace import Driver, Pace
from huiyin.demo.people.counter import Counter
from huiyin.demo.people.departments import Departments
from huiyin.demo.people.subscriber import Subscriber
from shared.business_time.clock import FileClock
from shared.errors import StackError
from shared.procedures.loader import Library

_TICK_SECONDS = 0.1
_REST_SECONDS = 20.0
_SETTLED_SECONDS = 1.0
_LAG_TO_BEGIN = 1.0
_EVENTS_A_SECOND = 400.0
_NOTICES_A_SECOND = 150.0


@dataclass
class Outcome:
    """How a run ended: the count and the findings behind it."""

    summary: Summary
    verdict: Verdict


@dataclass
class _Arrived:
    """What the thread of arrivals has come to."""

    cases: list[UUID] = field(default_factory=list)
    refused: int = 0
    rows: int = 0
    done: bool = False
    failure: BaseException | None = None


class Show:
    """One run. `play` is called once; the rest may be read meanwhile."""

    def __init__(
        self, connection: Connection, library: Library, pace: Pace, *, seed: str, limit_seconds: float
    ) -> None:
        """`limit_seconds` (real): a run that has not ended by then is counted as it is."""
        state = connection.state
        if state.clock is None:
            raise StackError("this stack runs on the real time", hint="the demonstration needs a scaled clock")
        self.connection = connection
        self.library = library
        self.clock = FileClock(Path(state.clock))
        self.began = time.monotonic()
        self.arrived = _Arrived()
        self._ended_at: float | None = None
        self._pace = pace
        self._limit = limit_seconds
        self._driver = Driver(Path(state.clock), self.clock, pace)
        self._stop = threading.Event()
        self.monitor = Monitor(connection)
        subscriber = Subscriber(connection.kafka())
        self.departments = Departments(subscriber, Counter(connection), self.clock, library, seed)

    def play(self, asked: threading.Event, tick: Callable[[], None]) -> Outcome | None:
        """Run to the end and count; None if `asked` was set before. `tick` is called about ten times a second.

        The departments stay at work after that, until `close`.
        """
        mark = self.clock.now().strftime("%Y%m%d%H%M%S")
        self._driver.arriving()
        threading.Thread(target=self.departments.run, args=(self._stop,), name="departments", daemon=True).start()
        threading.Thread(target=self._bring_in, args=(mark,), name="arrivals", daemon=True).start()
        threading.Thread(target=self.monitor.run, args=(self._stop,), name="monitor", daemon=True).start()
        going = False
        while not self._over() and time.monotonic() - self.began < self._limit:
            tick()
            if asked.wait(_TICK_SECONDS):
                return None
            self._raise_failures()
            going = going or (self.arrived.done and self._all_seen() and self._lag() < _LAG_TO_BEGIN)
            if self._ended_at is not None:
                self._driver.rest()  # what is still on its way arrives; it may bring new work
            elif going:
                self._driver.drive(self._lag())
        self._driver.rest()
        return self._count(asked, tick)

    def close(self) -> None:
        """Send the people home."""
        self._stop.set()

    def _bring_in(self, mark: str) -> None:
        arrived = self.arrived
        try:
            for arrival in prepare(self.connection.home.path / "demo" / mark, mark, self._pace.new_york):
                before = arrived.rows

                def took(rows: int, before: int = before) -> None:
                    arrived.rows = before + rows

                registered = bring_in(arrival, self.connection, self.library, self._stop, took)
                arrived.cases += registered.cases
                arrived.refused += registered.refused
                self.departments.adopt(registered.cases)
                if self._stop.wait(self._pace.between_files):
                    return
            self.departments.complete()
            arrived.done = True
        except BaseException as error:
            arrived.failure = error

    def _raise_failures(self) -> None:
        for failure in (self.arrived.failure, self.departments.failure):
            if failure is not None:
                raise failure

    def _lag(self) -> float:
        """About how many real seconds the system needs to catch up."""
        backlog = self.monitor.latest
        if backlog is None:
            return _LAG_TO_BEGIN
        return max(self.departments.lag(), backlog.events / _EVENTS_A_SECOND, backlog.notices / _NOTICES_A_SECOND)

    def _over(self) -> bool:
        """Whether all cases have ended, and were so already when the system was last seen to be at rest."""
        if not self.departments.all_ended():
            self._ended_at = None
            return False
        if self._ended_at is None:
            self._ended_at = time.monotonic()
        backlog = self.monitor.latest
        return backlog is not None and backlog.none and backlog.at > self._ended_at

    def _all_seen(self) -> bool:
        with self.departments.lock:
            return all(case in self.departments.files for case in self.arrived.cases)

    def _count(self, asked: threading.Event, tick: Callable[[], None]) -> Outcome | None:
        """Wait until nothing is on its way any more, then look at everything."""
        deadline = time.monotonic() + _REST_SECONDS
        while True:
            while not self._at_rest() and time.monotonic() < deadline:
                tick()
                if asked.wait(_TICK_SECONDS):
                    return None
            evidence = asyncio.run(gather(self.connection, self.arrived.cases))
            verdict = oracle.examine(evidence, self.arrived.cases, self.library)
            if not (verdict.lost or verdict.duplicated) or time.monotonic() > deadline:
                return self._outcome(evidence, verdict)
            tick()
            if asked.wait(_SETTLED_SECONDS):
                return None

    def _at_rest(self) -> bool:
        backlog = self.monitor.latest
        return backlog is not None and backlog.none

    def _outcome(self, evidence: Evidence, verdict: Verdict) -> Outcome:
        seconds = time.monotonic() - self.began
        run = self.arrived.cases
        return Outcome(summarise(evidence, verdict, run, refused_rows=self.arrived.refused, seconds=seconds), verdict)
