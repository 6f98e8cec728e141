"""Who may extend a clock, how often, and whether anybody has to ask first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.case import Case
from services.routing.domain.decide import Rules, apply_report
from services.routing.domain.report import Report
from shared.errors import Conflict, InvalidInput
from shared.events.deadlines import BreachRetracted, ClockStarted
from shared.procedures.model import Procedure
from tests.unit.routing.sample import NAME, NOW, PROCEDURE, RULES, after, assigned, breach, documented

MINUTE = timedelta(minutes=1)


def asked_first(times: int) -> Rules:
    """The sample's rules, with an extension that has to be asked for."""
    text = PROCEDURE.model_dump(by_alias=True)
    text["clocks"][0]["extension"] |= {"request_required": True, "times": times, "each": "PT30M"}
    return Rules(Procedure.model_validate(text), RULES.calendar)


def reported(rules: Rules, *words: str) -> Case:
    """The case after `requested`, `approved` or `refused`, a minute after each other."""
    case = documented(assigned(), "extension-reply")
    for minute, word in enumerate(words):
        requested = word == "requested"
        fields = {"reason": "extension-reply"} if requested else {}
        given = Report(f"extension-{word}", NOW + minute * MINUTE, "desk" if requested else "head", fields, "reply")
        case, _ = apply_report(case, given, rules, NOW + minute * MINUTE)
    return case


@pytest.mark.parametrize(
    "words",
    [
        ("approved",),
        ("requested", "refused", "approved"),  # it was answered
        ("requested", "approved", "approved"),
    ],
)
def test_what_nobody_asks_for_is_not_approved_where_asking_is_the_rule(words: tuple[str, ...]) -> None:
    with pytest.raises(Conflict) as caught:
        reported(asked_first(times=3), *words)
    assert caught.value.field == "milestone"


@pytest.mark.parametrize(
    "words",
    [("requested", "approved"), ("requested", "refused", "requested", "approved"), ("requested", "approved") * 3],
)
def test_each_approval_answers_a_request(words: tuple[str, ...]) -> None:
    case = reported(asked_first(times=3), *words)
    assert [one.name for one in case.occurrences if one.name.endswith(":reply") and "extension" in one.name] == [
        f"extension-{word}:reply" for word in words
    ]


def test_no_more_is_approved_than_the_clock_allows_even_if_it_is_asked_for() -> None:
    with pytest.raises(Conflict) as caught:
        reported(asked_first(times=1), "requested", "approved", "requested", "approved")
    assert caught.value.field == "clock"


def approve(case: Case, minute: int) -> Case:
    """The case after an approval of the head's at that minute; it is reported at the hour's end."""
    at = NOW + minute * MINUTE
    return apply_report(case, Report("extension-approved", at, "head", {}, "reply"), RULES, NOW + 60 * MINUTE)[0]


def asked(case: Case, minute: int) -> Case:
    """The case after a request at that minute."""
    at = NOW + minute * MINUTE
    fields = {"reason": "extension-reply"}
    case = documented(case, "extension-reply")
    return apply_report(case, Report("extension-requested", at, "desk", fields, "reply"), RULES, at)[0]


def test_what_was_due_is_not_extended_any_more() -> None:
    late, _ = breach(assigned(), NOW + 30 * MINUTE)
    with pytest.raises(Conflict) as caught:
        approve(late, 31)
    assert caught.value.field == "at"
    assert approve(late, 30).has_occurred("extension-approved:reply")  # at the instant itself it was not over
    with pytest.raises(Conflict):
        approve(asked(late, 31), 32)


def test_what_was_asked_for_in_time_may_be_approved_later() -> None:
    late, _ = breach(asked(assigned(), 29), NOW + 30 * MINUTE)
    assert approve(late, 45).has_occurred("extension-approved:reply")


def test_an_approval_that_was_given_in_time_is_taken_though_it_is_reported_after_a_late_request() -> None:
    late, _ = breach(assigned(), NOW + 30 * MINUTE)
    assert approve(asked(late, 31), 29).has_occurred("extension-approved:reply")


@pytest.mark.parametrize("then", ["retracted", "started"])
def test_a_breach_that_does_not_stand_forbids_nothing(then: str) -> None:
    late, _ = breach(assigned(), NOW + 30 * MINUTE)
    about = {"clock": "reply", "cycle": 2, "due_at": NOW + 90 * MINUTE}
    data = BreachRetracted(**about) if then == "retracted" else ClockStarted(**about, started_at=NOW)
    fresh, _ = after(late, data, NOW + 40 * MINUTE)
    assert approve(fresh, 41).has_occurred("extension-approved:reply")


def stated(fields: dict[str, Any]) -> Case:
    """The case after an approval, 09:00 on the 29th in Shanghai, where the approver says until when."""
    text = PROCEDURE.model_dump(by_alias=True)
    text["clocks"][0]["extension"] = {"to_field": "until", "approved_by": ["head"]}
    until = {"id": "until", "label": NAME, "type": "date"}
    total = {"id": "hours", "label": NAME, "type": "integer"}
    text["milestones"] = [*text["milestones"], {"id": "extension-approved", "name": NAME, "fields": [until, total]}]
    if "hours" in fields:
        text["clocks"][0]["extension"]["to_field"] = "hours"
    rules = Rules(Procedure.model_validate(text), RULES.calendar)
    return apply_report(assigned(), Report("extension-approved", NOW, "head", fields, "reply"), rules, NOW)[0]


@pytest.mark.parametrize("fields", [{"until": "2025-09-29"}, {"until": "2026-01-01"}, {"hours": 3}])
def test_the_approver_states_until_when(fields: dict[str, Any]) -> None:
    case = stated(fields)
    assert case.has_occurred("extension-approved:reply")
    assert {f"extension-approved.{name}": value for name, value in fields.items()}.items() <= case.facts.items()


@pytest.mark.parametrize(
    ("fields", "place", "says"),
    [
        ({}, "fields.until", "is for the approver to state"),
        ({"until": "2025-09-27"}, "fields.until", "is over when the extension is approved"),
        ({"until": "soon"}, "fields.until", "a date is expected"),
        ({"hours": 0}, "fields.hours", "more than 0"),
    ],
)
def test_an_approval_that_states_no_time_ahead_is_refused(fields: dict[str, Any], place: str, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        stated(fields)
    assert caught.value.field == place
    assert says in caught.value.message
