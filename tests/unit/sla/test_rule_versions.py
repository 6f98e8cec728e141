"""A calendar or a procedure that changes while clocks run: golden tables, with the working days counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from services.sla.domain.case import Case, Occurrence
from services.sla.domain.cycle_state import CycleKey
from services.sla.domain.decide import Decision, decide
from services.sla.domain.explain import explain_clocks
from shared.business_time.calendars import Calendar, Name
from shared.business_time.loader import extended
from shared.events.deadlines import ClockRescheduled
from shared.procedures.model import Procedure
from tests.unit.sla.scenes import CALENDARS, CASE, at, occurrence, procedure, words

CN = CALENDARS["cn"]
EXTENSION = {date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)}
# As it was published in 2019: off until Thu 30 January, Fri 31 worked, Sat 1 February a make-up workday.
BEFORE_THE_EXTENSION = replace(
    CN,
    version="2020.1",
    holidays={day: name for day, name in CN.holidays.items() if day not in EXTENSION},
    makeup_workdays={**CN.makeup_workdays, date(2020, 2, 1): Name("春节调休上班", "make-up workday")},
)
# As the State Council changed it on 27 January 2020: off until Sun 2 February.
AFTER_THE_EXTENSION = replace(CN, version="2020.2")
RULES = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD", "steps": [
    {"id": "day-left", "before": "P1WD"}]})  # fmt: skip


def decided(case: Case, now: str, calendar: Calendar, rules: Procedure = RULES) -> Decision:
    return decide(case, rules, {**CALENDARS, "cn": calendar}, at(now))


def begun(*occurrences: Occurrence, now: str, calendar: Calendar = BEFORE_THE_EXTENSION) -> Case:
    return decided(Case(CASE, RULES.key, occurrences), now, calendar).case


def moved(decision: Decision) -> dict[str, Any]:
    return next(one.data for one in decision.emitted if isinstance(one.data, ClockRescheduled)).model_dump()


def test_the_spring_festival_that_was_made_longer_moves_the_due_instant_and_says_from_where() -> None:
    # From Mon 20 Jan 2020. Before: 21 (1), 22 (2), 23 (3), Fri 31 (4), Sat 1 Feb (5). After: 23 (3), Mon 3 (4), 4 (5).
    case = begun(occurrence("2020-01-20 09:00", "admitted"), now="2020-01-20 09:00")

    after = decided(case, "2020-01-27 12:00", AFTER_THE_EXTENSION)

    assert words(after) == ["Rescheduled"]
    emitted = moved(after)
    assert (emitted["previous_due_at"], emitted["due_at"]) == (at("2020-02-02 00:00"), at("2020-02-05 00:00"))
    assert emitted["cause"] == "calendar:cn@2020.2"
    assert [step.id for step in after.clocks[0].steps] == ["day-left", "due"]
    assert after.clocks[0].steps[0].at == at("2020-02-04 00:00")
    assert words(decided(after.case, "2020-01-27 13:00", AFTER_THE_EXTENSION)) == []


def test_a_breach_that_the_new_calendar_undoes_is_taken_back() -> None:
    case = begun(occurrence("2020-01-20 09:00", "admitted"), now="2020-02-02 00:00")
    assert case.states[CycleKey("reply", 1)].fired.keys() == {"day-left", "due"}

    after = decided(case, "2020-02-02 09:00", AFTER_THE_EXTENSION)

    assert words(after) == ["Rescheduled", "BreachRetracted"]
    assert after.clocks[0].state == "running"


def test_a_clock_that_the_new_calendar_makes_overdue_is_breached_at_once() -> None:
    case = begun(occurrence("2020-01-20 09:00", "admitted"), now="2020-02-02 09:00", calendar=AFTER_THE_EXTENSION)

    after = decided(case, "2020-02-03 09:00", BEFORE_THE_EXTENSION)

    assert words(after) == ["Rescheduled", "Warned:day-left", "Breached:due"]
    assert after.clocks[0].state == "breached"


def test_a_cycle_that_ended_stays_as_it_was_said() -> None:
    # resolved on Sun 2 Feb at 10:00: late by the first calendar, in time by the second
    stories = (occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-02-02 10:00", "resolved"))
    case = begun(*stories, now="2020-02-02 10:00")
    assert case.states[CycleKey("reply", 1)].end == "late"

    after = decided(case, "2020-03-01 09:00", AFTER_THE_EXTENSION)

    assert words(after) == []
    assert after.case is case
    assert not after.clocks[0].changed
    assert (after.clocks[0].state, after.clocks[0].due_at) == ("late", at("2020-02-02 00:00"))


def test_a_cycle_that_ended_is_decided_anew_when_another_end_comes_to_be_known() -> None:
    stories = (occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-02-06 10:00", "resolved"))
    case = begun(*stories, now="2020-02-06 10:00")
    earlier = replace(case, occurrences=(*case.occurrences, occurrence("2020-02-04 10:00", "resolved")))

    after = decided(earlier, "2020-03-01 09:00", AFTER_THE_EXTENSION)

    assert words(after) == ["Rescheduled", "BreachRetracted", "Warned:day-left", "Met"]


def test_a_cycle_that_ended_is_decided_anew_when_an_extension_in_time_comes_to_be_known() -> None:
    rules = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD", "extension": {"to": "P8WD"}})
    stories = (occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-02-03 10:00", "resolved"))
    case = decided(Case(CASE, rules.key, stories), "2020-02-03 10:00", BEFORE_THE_EXTENSION, rules).case
    assert case.states[CycleKey("reply", 1)].end == "late"
    approved = occurrence("2020-01-22 10:00", "extension-approved", "extension-approved:reply")

    after = decided(
        replace(case, occurrences=(*case.occurrences, approved)), "2020-03-01 09:00", AFTER_THE_EXTENSION, rules
    )

    assert (after.clocks[0].state, after.case.states[CycleKey("reply", 1)].extensions) == ("met", 1)


def test_a_year_that_is_published_makes_the_clock_firm_and_says_so_though_nothing_moves() -> None:
    # From Fri 16 Apr 2027: 19 (1), 20 (2), 21 (3), 22 (4), 23 (5).
    case = begun(occurrence("2027-04-16 09:00", "admitted"), now="2027-04-16 09:00", calendar=CN)
    assert case.states[CycleKey("reply", 1)].provisional
    published = extended(
        {"extends": "cn", "version": "2027.1", "published_until": "2027-12-31", "holidays": ["2027-01-01"]}, CALENDARS
    )

    after = decided(case, "2027-04-17 09:00", published)

    assert words(after) == ["Rescheduled"]
    emitted = moved(after)
    assert emitted["previous_due_at"] == emitted["due_at"] == at("2027-04-24 00:00")
    assert (emitted["provisional"], emitted["cause"]) == (False, "calendar:cn@2027.1")
    assert after.clocks[0].changed
    assert not after.clocks[0].provisional
    assert not after.clocks[0].rearmed  # its timers stand


def test_a_new_version_of_a_calendar_that_moves_nothing_says_nothing() -> None:
    case = begun(occurrence("2020-03-02 09:00", "admitted"), now="2020-03-02 09:00")
    after = decided(case, "2020-03-03 09:00", AFTER_THE_EXTENSION)
    assert words(after) == []
    assert after.case.states[CycleKey("reply", 1)].versions == ("cn@2020.2", 1)


def test_a_paused_clock_follows_the_new_calendar_when_it_goes_on() -> None:
    rules = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD", "pauses": [
        {"from": "asked", "until": ["answered"]}]})  # fmt: skip
    stories = (occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-01-21 09:00", "asked"))
    case = decided(Case(CASE, rules.key, stories), "2020-01-21 09:00", BEFORE_THE_EXTENSION, rules).case
    changed = decided(case, "2020-01-27 09:00", AFTER_THE_EXTENSION, rules)
    assert words(changed) == []

    answered = replace(changed.case, occurrences=(*stories, occurrence("2020-01-22 09:00", "answered")))
    after = decided(answered, "2020-01-28 09:00", AFTER_THE_EXTENSION, rules)

    # 21 is lost; 22 (1), 23 (2), 3 Feb (3), 4 (4), 5 (5)
    assert words(after) == ["Resumed"]
    assert after.clocks[0].due_at == at("2020-02-06 00:00")


def test_a_cycle_that_ended_before_anybody_heard_of_it_stays_unheard() -> None:
    rules = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD"})
    stories = (occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-01-21 09:00", "withdrawn"))
    case = decided(Case(CASE, rules.key, stories), "2020-01-22 09:00", BEFORE_THE_EXTENSION, rules).case
    assert words(decided(case, "2020-01-28 09:00", AFTER_THE_EXTENSION, rules)) == []


def test_a_due_instant_that_moves_for_what_came_late_says_so_and_not_the_calendar() -> None:
    case = begun(occurrence("2020-03-03 09:00", "admitted"), now="2020-03-03 09:00")
    earlier = replace(case, occurrences=(occurrence("2020-03-02 09:00", "admitted"), *case.occurrences))
    after = decided(earlier, "2020-03-03 10:00", BEFORE_THE_EXTENSION)
    assert moved(after)["cause"] == "later-knowledge"
    assert after.clocks[0].due_at == at("2020-03-10 00:00")


def test_a_cycle_that_ended_is_explained_by_the_rules_that_it_ended_under() -> None:
    case = begun(
        occurrence("2020-01-20 09:00", "admitted"), occurrence("2020-02-02 10:00", "resolved"), now="2020-02-02 10:00"
    )
    calendars = {**CALENDARS, "cn": AFTER_THE_EXTENSION}
    (en,), (zh,) = (
        explain_clocks(case, RULES, calendars, at("2020-03-01 09:00"), language) for language in ("en", "zh")
    )
    assert en.due_at == at("2020-02-02 00:00")
    assert en.lines == (
        "Counted on calendar cn@2020.1 and version 1 of the procedure; "
        "the rules have changed since, a cycle that has ended does not",
        "Stopped: 2020-02-02 10:00",
    )
    assert zh.lines[0] == "按日历 cn@2020.1、程序第 1 版计算；规则此后有变，已结束的一轮不变"
