"""Plays examples through a running stack, all on one time line: its clock stands still, but for jumps from one instant
at which something happened in memory to the next.

At every instant the services are left alone until they have published what the examples published in memory. In memory
what is done at an instant comes before the steps of clocks that come then. So it is done here a little earlier, and
every time a little more, that a clock which it started is not due yet when it is done what stops it in time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from huiyin.simulate.actions import Action, Recount, Register, SignOff
from huiyin.simulate.observe import Observation, observe
from huiyin.simulate.run import Outcome, Played, case_id
from shared.business_time.clock import CHECK_SECONDS
from shared.business_time.clock_file import Schedule, Segment, read_schedule, write_schedule
from shared.events import occurrences
from shared.events.deadlines import ClockStarted
from shared.events.envelope import Event, decode
from shared.events.reports import ReportOpened, is_report
from shared.procedures.model import Procedure
from tests.e2e.live_requests import Moment, Requests
from tests.running import Stack

_SERVICES = ("intake", "routing", "sla", "notify")
_STANDING_STILL = 1e-9
_PATIENCE_S = 75.0
"""How long nothing may be published while something is waited for. A clock that stands makes any step look late, so
that its notices wait ten windows for others."""
_BEHIND_S = 10.0
"""How long a service may be behind the others when something is done there."""
_LOOK_S = 0.03
_EARLIER = timedelta(microseconds=20)

Seen = tuple[UUID, str, str]
"""What of an event must be the same: its subject, its name, the second at which it happened."""


@dataclass(frozen=True)
class Story:
    """An example with what it led to in memory."""

    procedure: Procedure
    outcome: Outcome

    @property
    def name(self) -> str:
        """The example's name, unlike any other."""
        return f"{self.procedure.id}/{self.outcome.example.id}"


@dataclass
class _Live:
    story: Story
    ids: dict[UUID, UUID] = field(default_factory=dict)  # in memory -> in the stack
    reports: set[UUID] = field(default_factory=set)  # of the same id in memory and in the stack
    expected: Counter[Seen] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note what went wrong; the story is not played on. Shown at once too, for long runs (`pytest -s`)."""
        self.problems.append(f"{self.story.name}: {problem}")
        print(self.problems[-1], flush=True)

    @property
    def subjects(self) -> list[UUID]:
        """Its cases and recurring reports in the stack."""
        return [*self.ids.values(), *self.reports]


class LiveExamples:
    """Plays stories on a stack whose clock this object moves."""

    def __init__(self, stack: Stack) -> None:
        self._requests = Requests(stack)
        self._clock = stack.home / "clock.json"
        self._loop = asyncio.new_event_loop()
        self._databases = [self._loop.run_until_complete(stack.connect(service)) for service in _SERVICES]

    def play(self, stories: Sequence[Story]) -> list[str]:
        """Play all of them; returns what differs from what happened in memory, a line each. Only once."""
        lives = [_Live(story) for story in stories]
        moments = [(moment.at, live, moment) for live in lives for moment in live.story.outcome.played]
        instants = groupby(sorted(moments, key=lambda one: one[0]), key=lambda one: one[0])
        for number, (at, together) in enumerate(instants, 1):
            done, comes = _apart([(live, moment) for _, live, moment in together if not live.problems])
            if done:
                self._play_moments(done, Moment(at, at - number * _EARLIER))
            if comes:
                self._play_moments(comes, Moment(at, at))
        lines = [line for live in lives for line in (*live.problems, *self._differences(live))]
        for database in self._databases:
            self._loop.run_until_complete(database.close())
        self._loop.close()
        return lines

    def _play_moments(self, moments: Sequence[tuple[_Live, Played]], now: Moment) -> None:
        """What happens at one instant, of each story one thing after the other."""
        self._jump(now.shown)
        behind: list[_Live] = []
        for live, moment in moments:
            if moment.action is not None:
                if live in behind:
                    self._await([live])
                self._act(live, moment.action, now)
            self._expect(live, moment)
            behind.append(live)
        self._await(behind)

    def _jump(self, at: datetime) -> None:
        """Let the clock stand at an instant from now on, and every process see it."""
        now = Segment(datetime.now(UTC), at, _STANDING_STILL)
        write_schedule(self._clock, Schedule((*read_schedule(self._clock).segments[-1:], now)))
        time.sleep(CHECK_SECONDS)

    def _act(self, live: _Live, action: Action, now: Moment) -> None:
        end = time.monotonic() + _BEHIND_S
        while (problem := self._try(live, action, now)) is not None:
            if problem.is_success or time.monotonic() > end:
                said = f"{problem.status_code} {problem.text[:300]}"
                live.add(f"{action!r}: {said}")
                return
            time.sleep(_LOOK_S)

    def _try(self, live: _Live, action: Action, now: Moment) -> httpx.Response | None:
        """Do it; returns the answer if it is not the one that is wanted."""
        story = live.story
        elsewhere = isinstance(action, Register | SignOff | Recount)
        case = None if elsewhere else live.ids[case_id(story.outcome.example.id, action.of)]
        answer = self._requests.send(action, story.outcome.example.id, story.procedure, case, now)
        if answer is None:
            return None
        if action.refused is not None:
            wanted = action.refused
            named = [answer.json().get("field"), *(one["field"] for one in answer.json().get("errors", ()))]
            fits = wanted.field in (None, *named) and (wanted.says or "") in answer.text
            return None if answer.is_client_error and fits else answer
        if answer.is_success and isinstance(action, Register):
            live.ids[case_id(story.outcome.example.id, action.as_)] = UUID(answer.json()["case_id"])
        return None if answer.is_success else answer

    def _expect(self, live: _Live, moment: Played) -> None:
        for event in moment.published:
            if event.subject in live.ids:
                live.expected[live.ids[event.subject], *_seen(event)] += 1
            elif is_report(event.subject) and not isinstance(event.data, ReportOpened | ClockStarted):
                live.reports.add(event.subject)  # those two came when the stack began
                live.expected[event.subject, *_seen(event)] += 1

    def _await(self, lives: Sequence[_Live]) -> None:
        """Wait until every expected event is there."""
        waiting = [live for live in {id(one): one for one in lives}.values() if not live.problems]
        end, published = 0.0, -1
        while waiting:
            there = Counter(
                (event.subject, *_seen(event)) for event in self._events([id for one in waiting for id in one.subjects])
            )
            if there.total() != published:
                end, published = time.monotonic() + _PATIENCE_S, there.total()
            waiting = [live for live in waiting if _settled(live.expected) - _settled(there)]
            if waiting and time.monotonic() > end:
                for live in waiting:
                    lacking = sorted(
                        f"{what} {at}" for _, what, at in (_settled(live.expected) - _settled(there)).elements()
                    )
                    live.add(f"not published: {', '.join(lacking)}")
                return
            if waiting:
                time.sleep(_LOOK_S)

    def _events(self, subjects: Sequence[UUID]) -> list[Event]:
        sql = "SELECT value FROM emitted_events WHERE case_id = ANY($1) ORDER BY id, place"

        async def read(database: asyncpg.Connection) -> list[Event]:
            return [decode(row[0]) for row in await database.fetch(sql, list(subjects))]

        async def read_all() -> list[list[Event]]:
            return await asyncio.gather(*(read(one) for one in self._databases))

        found = self._loop.run_until_complete(read_all())
        return sorted((event for events in found for event in events), key=lambda event: event.time)

    def _differences(self, live: _Live) -> Iterable[str]:
        """What differs at the story's end: later the clock went on for other stories."""
        if live.problems:
            return
        last = live.story.outcome.played[-1].at
        events = [one for one in self._events(live.subjects) if _second(one.time) <= last]
        of_cases = (event for event in events if not is_report(event.subject))
        found_there = Counter((event.subject, *_seen(event)) for event in of_cases)
        more = _settled(found_there) - _settled(live.expected)
        for _, what, at in sorted(more.elements()):
            yield f"{live.story.name}: published beside what was published in memory: {what} {at}"
        for in_memory, in_stack in live.ids.items():
            wanted = _comparable(observe(live.story.outcome.published, in_memory), live.ids)
            found = _comparable(observe(events, in_stack), {})
            yield from (
                f"{live.story.name}: {key}: {wanted[key]} in memory, {found[key]} live"
                for key in wanted
                if wanted[key] != found[key]
            )


def _seen(event: Event) -> tuple[str, str]:
    """An event's last name, or its type where it has none, and the second at which it happened."""
    names = occurrences.names(event)
    at = occurrences.happened_at(event, names[0] if names else "")
    return (names[-1] if names else event.type), _second(at).isoformat()


def _settled(found: Counter[Seen]) -> Counter[Seen]:
    """Without the clocks that were started and cancelled again at one instant, of which a service that takes several
    events at once says nothing."""
    settled = Counter(found)
    for (subject, what, at), count in found.items():
        if what.startswith("started:") and count > 1:
            cancelled = (subject, what.replace("started:", "cancelled:", 1), at)
            gone = min(count - 1, found[cancelled])
            settled[subject, what, at] -= gone
            settled[cancelled] -= gone
    return settled


def _second(at: datetime) -> datetime:
    """The nearest second, in UTC."""
    return (at + timedelta(milliseconds=500)).astimezone(UTC).replace(microsecond=0)


def _apart(moments: Sequence[tuple[_Live, Played]]) -> tuple[list[tuple[_Live, Played]], list[tuple[_Live, Played]]]:
    """What is done at an instant before clocks come, and what comes then and after that."""
    done: list[tuple[_Live, Played]] = []
    comes: list[tuple[_Live, Played]] = []
    for live, moment in moments:
        first = moment.action is not None and all(one is not live for one, _ in comes)
        (done if first else comes).append((live, moment))
    return done, comes


def _comparable(seen: Observation, ids: dict[UUID, UUID]) -> dict[str, Any]:
    """What must be the same: all but numbers, which all examples share."""

    def second(at: datetime | None) -> datetime | None:
        return _second(at) if at else None

    return {
        "status": seen.status,
        "class": seen.class_,
        "department": seen.department,
        "level": seen.level,
        "cycle": seen.cycle,
        "missing": seen.missing,
        "merged into": ids.get(seen.merged_into, seen.merged_into) if seen.merged_into else None,
        "clocks": {name: (one.state, second(one.due_at)) for name, one in seen.clocks.items()},
        "notices": sorted((one.notice, one.to, second(one.at)) for one in seen.notices),
        "awards": seen.awards,
        "numbered": sorted(seen.numbers),
    }
