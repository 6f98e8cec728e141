"""Counts what was lost and what came twice, from evidence alone (pure). Each finding names its rule and where it is.

The rules are those of docs/messaging.md and docs/clocks.md: an event that was emitted reaches every consumer once, in
order; a registered case gets its department, its clocks, and in the end an answer or a breach on record; a person
reads a notice once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from huiyin.demo.audit.evidence import EmittedEvent, Evidence
from huiyin.demo.audit.expectation import expected_clocks
from shared.events.assignments import CaseAssigned
from shared.events.complaints import ComplaintAdmitted
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, DEADLINES, DEPARTMENT_REPORTS, NOTICES
from shared.procedures.loader import Library

SUBSCRIPTIONS: dict[str, tuple[str, ...]] = {
    "intake": (ASSIGNMENTS.name, DEADLINES.name, NOTICES.name),
    "routing": (COMPLAINTS.name, DEADLINES.name, NOTICES.name, DEPARTMENT_REPORTS.name),
    "sla": (COMPLAINTS.name, ASSIGNMENTS.name, NOTICES.name),
    "notify": (COMPLAINTS.name, ASSIGNMENTS.name, DEADLINES.name),
}
"""Which service takes in which topic."""

_VOID = ("refused", "transferred-out", "merged", "withdrawn")
_ANSWERED = ("resolved", "closed", "archived")
_ROUTED_ENDS = ("resolved", "closed", "ended")
_BREACHED = ("breached", "late")
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Finding:
    """One thing lost or doubled: which rule was broken, and by what."""

    rule: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What an examination finds; both empty is what is promised."""

    lost: tuple[Finding, ...]
    duplicated: tuple[Finding, ...]
    open_cases: tuple[UUID, ...]
    """Cases of the run with neither an answer nor a breach on record; they count as lost too."""


def examine(evidence: Evidence, run: Collection[UUID], library: Library) -> Verdict:
    """Examine everything; what only recent events can show (topics, first numbers) is asked of the `run`'s cases."""
    ours = set(run)
    open_cases = tuple(sorted(ours - _with_end(evidence)))
    lost = [
        *_registered(evidence, ours),
        *_not_published(evidence, ours),
        *_not_taken(evidence),
        *_set_aside(evidence),
        *_without_department(evidence, ours),
        *_without_clock(evidence, ours, library),
        *_undelivered(evidence, ours),
        *_gaps(evidence, ours),
        *(Finding("a case ends with an answer or a breach on record", str(case)) for case in open_cases),
    ]
    duplicated = [
        *_numbers_twice(evidence),
        *_assigned_twice(evidence),
        *_delivered_twice(evidence),
        *_sequences_twice(evidence),
        *_effective_twice(evidence),
    ]
    return Verdict(tuple(lost), tuple(duplicated), open_cases)


def _all_said(evidence: Evidence) -> Iterator[EmittedEvent]:
    for emitted in evidence.emitted.values():
        yield from emitted


def _with_end(evidence: Evidence) -> set[UUID]:
    void = {case.id for case in evidence.cases if case.status in (*_VOID, *_ANSWERED)}
    answered = {case for case, status in evidence.routed.items() if status in _ROUTED_ENDS}
    breached = {case for case, rows in evidence.clocks.items() if any(state in _BREACHED for _, _, state in rows)}
    return void | answered | breached


def _registered(evidence: Evidence, ours: set[UUID]) -> Iterator[Finding]:
    for case in sorted(ours - {case.id for case in evidence.cases}):
        yield Finding("a case that was given out is registered", str(case))


def _not_published(evidence: Evidence, ours: set[UUID]) -> Iterator[Finding]:
    for service, waiting in evidence.unpublished.items():
        if waiting:
            yield Finding("an event that was emitted is published", f"{service}: {waiting} wait")
    there = {name: set(ids) for name, ids in evidence.topics.items()}
    for event in _all_said(evidence):
        if event.case_id in ours and event.id not in there.get(event.topic, ()):
            yield Finding("an event that was emitted is in its topic", f"{event.type} {event.id}")


def _not_taken(evidence: Evidence) -> Iterator[Finding]:
    emitted: dict[str, set[UUID]] = defaultdict(set)
    for event in _all_said(evidence):
        emitted[event.topic].add(event.id)
    emitted[DEPARTMENT_REPORTS.name] |= set(evidence.topics.get(DEPARTMENT_REPORTS.name, ()))
    for service, names in SUBSCRIPTIONS.items():
        taken = set(evidence.taken.get(service, ()))
        for name in names:
            for identifier in sorted(emitted[name] - taken):
                yield Finding(f"{service} takes what comes on {name}", str(identifier))


def _set_aside(evidence: Evidence) -> Iterator[Finding]:
    for service in evidence.emitted:
        if evidence.dead_letters.get(service):
            yield Finding("nothing is left in the dead letters", f"{service}: {evidence.dead_letters[service]}")
        if evidence.held.get(service):
            yield Finding("no event waits for its registration", f"{service}: {evidence.held[service]}")


def _without_department(evidence: Evidence, ours: set[UUID]) -> Iterator[Finding]:
    admitted = {event.case_id for event in _all_said(evidence) if event.type == ComplaintAdmitted.type_}
    assigned = {event.case_id for event in _all_said(evidence) if event.type == CaseAssigned.type_}
    for case in sorted((admitted & ours) - assigned):
        yield Finding("an admitted case has a department", str(case))


def _without_clock(evidence: Evidence, ours: set[UUID], library: Library) -> Iterator[Finding]:
    pins = {case.id: case.procedure for case in evidence.cases}
    for case, events in sorted(evidence.events.items()):
        there = {clock for clock, _, _ in evidence.clocks.get(case, ())}
        if case in pins and case in ours:
            for clock in sorted(expected_clocks(library.get(*pins[case]), events) - there):
                yield Finding("a case has the clocks that its procedure starts", f"{case} {clock}")


def _undelivered(evidence: Evidence, ours: set[UUID]) -> Iterator[Finding]:
    files = set(evidence.files)
    for notice in evidence.notices:
        if notice.case_id not in ours:
            continue
        if notice.state not in ("sent", "joined", "superseded", "undecided"):
            yield Finding("a notice is sent", f"{notice.id} is {notice.state}")
        elif files and notice.state == "sent" and notice.id not in files:
            yield Finding("a notice that counts as sent lies in the sink", str(notice.id))


def _places(evidence: Evidence) -> dict[tuple[UUID, str], list[int]]:
    places: dict[tuple[UUID, str], list[int]] = defaultdict(list)
    for event in _all_said(evidence):
        places[event.case_id, event.topic].append(event.sequence)
    return places


def _gaps(evidence: Evidence, ours: set[UUID]) -> Iterator[Finding]:
    """Sequence numbers run from 1 (in older cases: from what is kept) to the last one given, without a gap."""
    for (case, topic), numbers in sorted(_places(evidence).items()):
        first = 1 if case in ours else min(numbers)
        missing = set(range(first, evidence.last_numbers.get((case, topic), 0) + 1)) - set(numbers)
        if missing:
            yield Finding("sequence numbers have no gap", f"{case} {topic}: {len(missing)} missing")


def _sequences_twice(evidence: Evidence) -> Iterator[Finding]:
    for (case, topic), numbers in sorted(_places(evidence).items()):
        for number in _repeated(numbers):
            yield Finding("a sequence number is given once", f"{case} {topic} {number}")


def _numbers_twice(evidence: Evidence) -> Iterator[Finding]:
    for procedure, number in _repeated((case.procedure[0], case.number) for case in evidence.cases):
        yield Finding("a case number is given once", f"{procedure} {number}")


def _assigned_twice(evidence: Evidence) -> Iterator[Finding]:
    first = [event.case_id for event in _all_said(evidence) if event.type == CaseAssigned.type_]
    for assigned in _repeated(first):
        yield Finding("a case is assigned for the first time once", str(assigned))


def _delivered_twice(evidence: Evidence) -> Iterator[Finding]:
    for file in _repeated(evidence.files):
        yield Finding("a notice is visible once", str(file))
    files = set(evidence.files)
    visible = [
        (str(one.case_id), one.notice, str(one.event_id), one.to)
        for one in evidence.notices
        if one.state == "sent" and (not files or one.id in files)
    ]
    for whose, notice, cause, to in _repeated(visible):
        yield Finding("one cause gives an addressee one notice of a kind", f"{whose} {notice} {cause} {to}")


def _effective_twice(evidence: Evidence) -> Iterator[Finding]:
    for service, taken in evidence.taken.items():
        for identifier in _repeated(taken):
            yield Finding(f"{service} takes an event once", str(identifier))
    for service, events in evidence.emitted.items():
        for identifier in _repeated(event.id for event in events):
            yield Finding(f"{service} emits an event once", str(identifier))
    for identifier, occurrence in _repeated(evidence.timeline):
        yield Finding("an occurrence stands in the timeline once", f"{identifier} {occurrence}")


def _repeated(values: Iterable[_Value]) -> list[_Value]:
    return [value for value, times in Counter(values).items() if times > 1]
