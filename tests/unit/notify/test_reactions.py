"""What a batch of events brings about: waits, due instants, verdicts that facts which came late change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notify.domain.case import Case, fold, opened
from services.notify.domain.digests import Window
from services.notify.domain.notices import Conditional
from services.notify.domain.reactions import (
    NewCall,
    NewNotice,
    Waits,
    reactions,
    reconsidered,
    retracted_breaches,
    to_open,
)
from services.notify.domain.rows import CallRow
from shared.business_time.loader import load_calendars
from shared.events.envelope import Event
from shared.events.notices import NoticeSent
from shared.procedures.model import Procedure
from tests.unit.notify.samples import START, Story, case_id, library, procedure

CALENDARS = load_calendars()
WINDOW = Window(late_after=60.0, seconds=2.0)
REAL_TIME = Waits(WINDOW, 1.0)


def folded(*events: Event) -> Case:
    """The case that these events make."""
    case = opened(events[0])
    for event in events:
        fold(case, event)
    return case


def caused(case: Case, *events: Event, waits: Waits = REAL_TIME) -> tuple[list[NewNotice], list[NewCall]]:
    """What events cause that are folded into the case already."""
    return reactions({case.id: case}, events, library().get, CALENDARS, waits)


# late by (seconds of the cases' clock), speed of that clock, several steps at once -> real seconds of waiting
WAITS = [
    (0.0, 1.0, False, 0.0),  # punctual
    (0.0, 1.0, True, 2.0),  # punctual, but several came at once: the window
    (60.0, 1.0, False, 2.0),  # late: a hundredth of 60 s is less than the window
    (59.9, 1.0, False, 0.0),
    (1_000.0, 1.0, False, 10.0),  # a hundredth
    (100_000.0, 1.0, False, 20.0),  # ten windows at most
    (1_000.0, 100.0, False, 0.0),  # 10 real seconds late only
    (100_000.0, 100.0, False, 10.0),
    (1_000.0, 0.0, False, 10.0),  # a clock that is moved by hand counts as real time
]


@pytest.mark.parametrize(("late", "rate", "crowded", "wait"), WAITS)
def test_a_notice_waits_by_how_late_its_step_came_in_real_time(
    late: float, rate: float, crowded: bool, wait: float
) -> None:
    story = Story()
    case = folded(story.registered(), story.started("reporting"))
    events = [story.warned("soon", clock="reporting", late=late)]
    if crowded:
        events.append(story.warned("soon", clock="reporting", cycle=2, late=late))
    for event in events:
        fold(case, event)

    notices, _ = caused(case, *events, waits=Waits(WINDOW, rate))

    assert {one.wait for one in notices if one.planned.joins} == {wait}


def test_the_same_step_twice_in_a_batch_is_no_crowd() -> None:
    story = Story()
    case = folded(story.registered(), story.started("reporting"))
    warned = story.warned("soon", clock="reporting")
    fold(case, warned)

    notices, _ = caused(case, warned, warned)

    assert {one.wait for one in notices} == {0.0}


def test_what_no_deadline_brought_about_never_waits() -> None:
    story = Story()
    registered = story.registered()

    (receipt,), calls = caused(folded(registered), registered)

    assert (receipt.planned.notice, receipt.procedure, receipt.version, receipt.wait) == ("receipt", "sample", 1, 0.0)
    assert calls == []


def test_what_joins_no_digest_never_waits_however_late_its_step_came() -> None:
    story = Story()
    case = folded(story.registered(), story.started("reporting"))
    late = story.breached(clock="reporting", late=100_000.0)
    fold(case, late)

    notices, _ = caused(case, late)

    assert {(one.planned.to, one.wait) for one in notices if not one.planned.joins} == {("complainant", 0.0)}


def test_a_call_back_is_due_by_the_procedures_calendar() -> None:
    story = Story()
    events = (story.registered(), story.resolved(upheld=True))

    _, (call,) = caused(folded(*events), *events)

    # Monday 2 November and two working days: until the end of Wednesday 4 November in Shanghai, 16:00 UTC
    assert call.due_at == datetime(2026, 11, 4, 16, 0, tzinfo=UTC)
    assert call.planned.due


def test_a_notice_about_a_notice_is_never_sent() -> None:
    story = Story()
    text = procedure().model_dump(by_alias=True)
    text["notices"][0]["at"] = ("notified",)
    rules = Procedure.model_validate(text)
    case = folded(story.registered())
    sent = story.emit(
        NoticeSent(notice="receipt", notice_id="1", addressee="complainant", cause="1", sink="file",
                   sent_at=story.now, attempts=1)
    )  # fmt: skip
    fold(case, sent)

    assert reactions({case.id: case}, [sent], lambda _id, _version: rules, CALENDARS, REAL_TIME) == ([], [])


# class when judged, state before -> state after, None where it stays
VERDICTS = [("grave", "undecided", "waiting"), ("grave", "waiting", None), ("plain", "waiting", "undecided"),
            ("plain", "undecided", None)]  # fmt: skip


@pytest.mark.parametrize(("class_", "before", "after"), VERDICTS)
def test_a_fact_that_comes_late_decides_as_if_it_had_come_in_time(class_: str, before: str, after: str | None) -> None:
    story = Story()
    case = folded(story.registered(), story.classified(class_), story.assigned())
    one = Conditional(case_id(9), case.id, "sample", 1, "grave", START, before)

    assert reconsidered([one], {case.id: case}, library().get) == ({one.id: after} if after else {})


def test_a_fact_of_later_decides_nothing_of_before() -> None:
    story = Story()
    registered, assigned = story.registered(), story.assigned()
    case = folded(registered, assigned, story.later(hours=1).classified("grave"))
    one = Conditional(case_id(9), case.id, "sample", 1, "grave", START, "undecided")

    assert reconsidered([one], {case.id: case}, library().get) == {}


def test_a_notice_that_the_procedure_does_not_have_is_not_sent() -> None:
    story = Story()
    case = folded(story.registered())
    one = Conditional(case_id(9), case.id, "sample", 1, "no-such-notice", START, "waiting")

    assert reconsidered([one], {case.id: case}, library().get) == {one.id: "undecided"}


def call_row(case: UUID) -> CallRow:
    """An undecided call-back of the sample procedure."""
    return CallRow(
        case_id(8), 1, case, "sample", 1, 0, "resolved", case_id(7), True, "undecided", START, START, None, (), None,
        None, None,
    )  # fmt: skip


def test_a_call_back_opens_when_its_condition_turns_out_to_hold() -> None:
    story = Story()
    registered = story.registered()
    upheld = folded(registered, story.resolved(upheld=True))
    not_upheld = folded(registered, story.resolved(upheld=False))
    row = call_row(upheld.id)

    assert to_open([row], {row.case_id: upheld}, library().get) == [row]
    assert to_open([row], {row.case_id: not_upheld}, library().get) == []
    before = replace(row, emitted_at=START - timedelta(seconds=1))
    assert to_open([before], {row.case_id: upheld}, library().get) == []


def test_retractions_are_found_among_events() -> None:
    story = Story()

    found = retracted_breaches([story.breached(), story.retracted(cycle=2), story.met()])

    assert found == {(story.case, "handling", 2)}
