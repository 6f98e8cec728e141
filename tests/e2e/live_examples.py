"""Plays examples through a running stack, all on one time line: its clock stands still, but for jumps from one instant
at which something happened in memory to the next.

At every instant the services are left alone until they have published what the examples published in memory.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from huiyin.simulate.actions import (
    Action,
    Answer,
    Ask,
    Call,
    CallIn,
    Decide,
    Delivered,
    Look,
    Put,
    Reassign,
    Recount,
    Register,
    ReportMilestone,
    Served,
    SignOff,
    Supplement,
    Upload,
    Withdraw,
)
from huiyin.simulate.instants import instant
from huiyin.simulate.observe import Observation, observe
from huiyin.simulate.papers import Statement, as_it_must_be
from huiyin.simulate.run import Outcome, Played, case_id
from shared.business_time.clock_file import Schedule, Segment, read_schedule, write_schedule
from shared.events import occurrences
from shared.events.deadlines import ClockStarted
from shared.events.envelope import Event, decode
from shared.events.reports import ReportOpened, is_report
from shared.procedures.model import Procedure
from shared.procedures.model.documents import bytes_of
from tests.running import Stack

_SERVICES = ("intake", "routing", "sla", "notify")
_STANDING_STILL = 1e-9
_PATIENCE_S = 60.0
_DOCUMENT_S = 5.0


@dataclass(frozen=True)
class Story:
    """An example with what it led to in memory."""

    procedure: Procedure
    outcome: Outcome


@dataclass
class _Live:
    story: Story
    ids: dict[UUID, UUID] = field(default_factory=dict)  # in memory -> in the stack
    reports: set[UUID] = field(default_factory=set)  # of the same id in memory and in the stack
    expected: Counter[tuple[UUID, str, str]] = field(default_factory=Counter)

    @property
    def end(self) -> datetime:
        """The instant at which its story ends, with the moment in which the clock stands still."""
        example, played = self.story.outcome.example, self.story.outcome.played
        zone = self.story.procedure.time_zone
        until = instant(example.until, zone) if example.until else played[-1].at
        return max(until, played[-1].at) + timedelta(seconds=1)


class LiveExamples:
    """Plays stories on a stack whose clock this object moves."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._http = stack.client()
        self._clock = stack.home / "clock.json"

    def play(self, stories: Sequence[Story]) -> list[str]:
        """Play all of them; returns what differs from what happened in memory, a line each."""
        lives = [_Live(story) for story in stories]
        moments = sorted(
            (
                (moment.at, number, live, moment)
                for live in lives
                for number, moment in enumerate(live.story.outcome.played)
            ),
            key=lambda one: one[:2],
        )
        place = 0
        while place < len(moments):
            at = moments[place][0]
            together = [one for one in moments if one[0] == at]
            place += len(together)
            self._jump(at)
            for _, _, live, moment in together:
                if moment.action is not None:
                    self._await(live)
                    self._act(live, moment.action, moment)
                self._expect(live, moment)
            for live in {id(one[2]): one[2] for one in together}.values():
                self._await(live)
        return [line for live in lives for line in self._differences(live)]

    def _jump(self, at: datetime) -> None:
        """Let the clock stand at an instant from now on."""
        now = Segment(datetime.now(UTC), at, _STANDING_STILL)
        write_schedule(self._clock, Schedule((*read_schedule(self._clock).segments[-1:], now)))

    def _act(self, live: _Live, action: Action, moment: Played) -> None:
        answer = self._request(live, action)
        if answer is None:
            return
        if action.refused is not None:
            assert answer.is_client_error, (action, answer.status_code)
            named = answer.json().get("field")
            assert action.refused.field in (None, named), (action, answer.json())
            return
        assert answer.is_success, (live.story.outcome.example.id, action, answer.status_code, answer.text)
        if isinstance(action, Register):
            name = case_id(live.story.outcome.example.id, action.as_)
            live.ids[name] = UUID(answer.json()["case_id"])

    def _request(self, live: _Live, action: Action) -> httpx.Response | None:
        story = live.story
        intake, routing, notify = (self._stack.url(service) for service in ("intake", "routing", "notify"))
        if isinstance(action, Register):
            given = action.register_
            received = instant(given.received or action.at, story.procedure.time_zone)
            fields = {name: value for name, value in given.fields.items() if value is not None}
            body: dict[str, Any] = {
                "procedure": story.procedure.id,
                "channel": given.channel,
                "received_at": received.isoformat(),
                "fields": fields,
                "language": given.language or "zh",
            }
            return self._http.post(f"{intake}/v1/complaints", json=body)
        if isinstance(action, SignOff | Recount):
            return self._make(story.procedure.id, action)
        case = live.ids[case_id(story.outcome.example.id, action.of)]
        for name in () if isinstance(action, Ask) else action.documents or ():
            stated = as_it_must_be(story.procedure, name, date.fromisoformat(action.at[:10]))
            put = self._put(story.procedure, case, name, stated, action.at)
            assert put.is_success, put.text
        by = {"by": action.by} if action.by else {}
        match action:
            case Decide():
                more = {"rule": action.rule, "to": action.to}
                body = {"decision": action.decide, "fields": action.fields, **by}
                body |= {name: value for name, value in more.items() if value}
                return self._http.post(f"{intake}/v1/cases/{case}/admission", json=body)
            case Ask():
                body = {"supplement": action.ask, **by, "fields": action.fields, "documents": action.documents or ()}
                return self._http.post(f"{intake}/v1/cases/{case}/supplement-requests", json=body)
            case Supplement():
                return self._http.post(
                    f"{intake}/v1/cases/{case}/supplements", json={"fields": action.supplement, **by}
                )
            case Withdraw():
                return self._http.post(
                    f"{intake}/v1/cases/{case}/withdrawal", json={"by": "complainant", "fields": action.fields, **by}
                )
            case ReportMilestone():
                at = instant(action.happened_at or action.at, story.procedure.time_zone)
                more = {"clock": action.clock, "award": action.award}
                body = {"milestone": action.report, **by, "at": at.isoformat(), "fields": action.fields}
                body |= {name: value for name, value in more.items() if value}
                body |= {"persons": list(action.persons)} if action.persons else {}
                return self._report(f"{routing}/v1/cases/{case}/milestones", body)
            case Put():
                stated = Statement(action.by, action.fields, action.signed_by)
                return self._put(story.procedure, case, action.put, stated, action.at)
            case Upload():
                answer = None
                for number in range(action.times):
                    path = f"{intake}/v1/cases/{case}/documents/{action.upload}/files"
                    content = _file(action.type, bytes_of(action.size), f"{action.at} {number}")
                    answer = self._http.post(path, params=by, content=content)
                return answer
            case Reassign():
                body = {"department": action.reassign, **by}
                return self._http.post(f"{routing}/v1/cases/{case}/reassignment", json=body)
            case CallIn():
                body = {"department": action.call_in, **by}
                return self._http.post(f"{routing}/v1/cases/{case}/assistants", json=body)
            case Call():
                task = self._task(case)
                answered = {"satisfied": action.satisfied, "score": action.score, "grade": action.grade}
                body = {"reached": action.call == "reached", "fields": action.fields, **answered, **by}
                return self._http.post(f"{notify}/v1/follow-ups/{task}", json=body)
            case Answer():
                body = {"satisfied": action.answer == "satisfied", "score": action.score}
                return self._http.post(f"{notify}/v1/cases/{case}/satisfaction", json=body)
            case Served():
                receipt = {"signer": action.signer, "date": str(action.date) if action.date else None}
                body = {**by, **{name: value for name, value in receipt.items() if value}}
                return self._report(f"{notify}/v1/notices/{self._notice(case, action)}/receipt", body)
            case Delivered():
                at = instant(action.happened_at or action.at, story.procedure.time_zone)
                body = {"form": action.form, "at": at.isoformat(), **by}
                return self._http.post(f"{notify}/v1/notices/{self._notice(case, action)}/delivery", json=body)
            case _:
                assert isinstance(action, Look), action
                return None

    def _put(self, procedure: Procedure, case: UUID, name: str, given: Statement, at: str) -> httpx.Response:
        """Put a document into a case, with a text that is another each time."""
        body = {"text": f"{name} of {case} at {at}", "by": given.by, "fields": given.fields or {}}
        path = f"{self._stack.url('intake')}/v1/cases/{case}/documents/{name}"
        return self._http.put(path, json={**body, "signed_by": list(given.signed_by)})

    def _make(self, procedure: str, action: SignOff | Recount) -> httpx.Response:
        """Sign a report off, or have it counted anew, as soon as its figures are there."""
        path = f"{self._stack.url('intake')}/v1/reports"
        report = action.sign_off if isinstance(action, SignOff) else action.recount
        query = {"procedure": procedure, "report": report, **({"period": action.period} if action.period else {})}
        found = self._http.get(path, params={**query, "limit": 500}).json()["reports"]
        wanted = [one for one in found if (one["round"], one["office"]) == (action.round, action.office)]
        one = next((one for one in wanted if one["made_at"] is None), wanted[0])
        if isinstance(action, Recount):
            return self._report(f"{path}/{one['report_id']}/editions", {"by": action.by})
        return self._report(f"{path}/{one['report_id']}/sign-off", {"by": action.by, "fields": action.fields})

    def _notice(self, case: UUID, action: Served | Delivered) -> str:
        """The last notice that was made of the element and, where the story says so, to this addressee."""
        notice = action.served if isinstance(action, Served) else action.delivered
        found = self._http.get(f"{self._stack.url('notify')}/v1/notices", params={"case": str(case), "limit": 500})
        fitting = [
            one for one in found.json()["notices"] if one["notice"] == notice and action.to in (None, one["addressee"])
        ]
        return str(fitting[-1]["id"]) if fitting else str(UUID(int=0))

    def _report(self, url: str, body: dict[str, Any]) -> httpx.Response:
        """The answer; a document that was put into the vault a moment ago is waited for."""
        end = time.monotonic() + _DOCUMENT_S
        while True:
            answer = self._http.post(url, json=body)
            if answer.status_code != 409 or answer.json().get("type") != "/errors/not-yet" or time.monotonic() > end:
                return answer
            time.sleep(0.1)

    def _task(self, case: UUID) -> str:
        found = self._http.get(
            f"{self._stack.url('notify')}/v1/follow-ups", params={"case": str(case), "state": "open"}
        )
        return str(next((one["id"] for one in found.json()["follow_ups"]), UUID(int=0)))

    def _expect(self, live: _Live, moment: Played) -> None:
        for event in moment.published:
            if not is_report(event.subject):
                live.expected[(live.ids[event.subject], *_seen(event))] += 1
            elif not isinstance(event.data, ReportOpened | ClockStarted):  # those came when the stack began
                live.reports.add(event.subject)
                live.expected[(event.subject, *_seen(event))] += 1

    def _await(self, live: _Live) -> None:
        """Wait until every expected event is there."""
        end = time.monotonic() + _PATIENCE_S
        while True:
            lacking = live.expected - Counter((event.subject, *_seen(event)) for event in self._events(live))
            if not lacking:
                return
            if time.monotonic() > end:
                raise AssertionError(f"{live.story.outcome.example.id}: not published: {sorted(lacking.elements())}")
            time.sleep(0.05)

    def _events(self, live: _Live) -> list[Event]:
        return asyncio.run(self._read([*live.ids.values(), *live.reports]))

    async def _read(self, ids: Sequence[UUID]) -> list[Event]:
        sql = "SELECT value FROM emitted_events WHERE case_id = ANY($1) ORDER BY id, place"
        found = [decode(row[0]) for service in _SERVICES for row in await self._stack.query(service, sql, list(ids))]
        return sorted(found, key=lambda event: event.time)

    def _differences(self, live: _Live) -> Iterable[str]:
        events = [event for event in self._events(live) if event.time <= live.end]  # other stories go on after it
        example = live.story.outcome.example.id
        of_cases = (event for event in events if not is_report(event.subject))
        more = Counter((event.subject, *_seen(event)) for event in of_cases) - live.expected
        for _, what, at in sorted(more.elements()):
            yield f"{example}: published beside what was published in memory: {what} {at}"
        for in_memory, in_stack in live.ids.items():
            wanted = _comparable(observe(live.story.outcome.published, in_memory), live.ids)
            found = _comparable(observe(events, in_stack), {})
            yield from (
                f"{example}: {key}: {wanted[key]} in memory, {found[key]} live"
                for key in wanted
                if wanted[key] != found[key]
            )


_STARTS: dict[str, bytes] = {
    "pdf": b"%PDF-1.7",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "tiff": b"II*\x00",
    "mp3": b"ID3",
    "amr": b"#!AMR",
    "text": "文".encode(),
}


def _file(kind: str, size: int, called: str) -> bytes:
    """A file of this kind and size, another for each name; of a kind that is not recognised where none is known."""
    start = _STARTS.get(kind, b"\x00\x01") + called.encode()
    return start + b" " * (size - len(start))


def _seen(event: Event) -> tuple[str, str]:
    """An event's last name, or its type where it has none, and the second at which it happened."""
    names = occurrences.names(event)
    at = occurrences.happened_at(event, names[0] if names else "")
    return (names[-1] if names else event.type), at.replace(microsecond=0).isoformat()


def _comparable(seen: Observation, ids: dict[UUID, UUID]) -> dict[str, Any]:
    """What must be the same: all but numbers, which all examples share."""

    def second(at: datetime | None) -> datetime | None:
        return at.replace(microsecond=0) if at else None

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
    }
