"""What a procedure says of a report binds: conditions, values, stages, persons, documents."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.routing.domain.assignment import Change
from services.routing.domain.case import Case
from services.routing.domain.decide import PATIENCE, Rules, apply_event, apply_report, try_waiting
from services.routing.domain.report import Report
from shared.errors import Conflict, HuiyinError, InvalidInput, NotYet
from shared.events.assignments import CaseClassified, MilestoneReached, MilestoneReport, ReportRejected
from shared.events.base import EventData
from shared.events.complaints import ComplaintRegistered, ComplaintSupplemented, ComplaintWithdrawn, DocumentAdded
from shared.events.envelope import make
from shared.procedures.model import Procedure
from tests.unit.routing.sample import CASE, NAME, NOW, PROCEDURE, RULES, after, assigned, documented, resolved

MINUTE = timedelta(minutes=1)
FIELDS: list[dict[str, Any]] = [
    {"id": "signed", "label": NAME, "type": "boolean", "required": True, "must_be": True},
    {"id": "grade", "label": NAME, "type": "integer", "must_be": [1, 2]},
    {"id": "loss", "label": NAME, "type": "money"},
    {"id": "paid", "label": NAME, "type": "money"},
    {"id": "accused", "label": NAME, "type": "person"},
    {"id": "record", "label": NAME, "holds": "evidence"},
]


def rules_with(*milestones: dict[str, Any], **parts: Any) -> Rules:
    """The sample's rules with further milestones, and other parts."""
    text = PROCEDURE.model_dump(by_alias=True, exclude_none=True)
    text["milestones"] = [*text["milestones"], *({"name": NAME, "by": ["desk"], **one} for one in milestones)]
    return Rules(Procedure.model_validate(text | parts), RULES.calendar)


def settled(rules: Rules, case: Case, persons: tuple[str, ...] = (), **fields: Any) -> Change:
    """The case after a report of `settled`."""
    return apply_report(case, Report("settled", NOW, "desk", fields, persons=persons), rules, NOW)


TIME = {"id": "appeal", "name": NAME, "from": ["resolved"], "until": ["settled"], "duration": "P1D"}


@pytest.mark.parametrize(
    ("happened", "says"),
    [
        ([], "has not begun"),
        (["started:appeal"], None),
        (["started:appeal", "breached:appeal"], "is over"),
        (["started:appeal", "breached:appeal", "breach-retracted:appeal"], None),
        (["breached:appeal"], "has not begun"),
    ],
)
def test_what_is_within_a_clock_happens_while_it_runs(happened: list[str], says: str | None) -> None:
    rules = rules_with({"id": "settled", "within": "appeal"}, clocks=[TIME])
    case = assigned().with_occurrences(tuple(happened), NOW - MINUTE)
    if says is None:
        assert settled(rules, case).case.has_occurred("settled")
    else:
        with pytest.raises(Conflict, match=says):
            settled(rules, case)


def test_what_happened_in_time_may_be_reported_when_the_time_is_over() -> None:
    rules = rules_with({"id": "settled", "within": "appeal"}, clocks=[TIME])
    begun = assigned().with_occurrences(("started:appeal",), NOW - MINUTE)
    case = begun.with_occurrences(("breached:appeal",), NOW)
    assert settled(rules, case).case.has_occurred("settled")  # at that very instant
    assert case.has_occurred("breached:appeal")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"signed": False}, "fields.signed"),
        ({"signed": "no"}, "fields.signed"),
        ({}, "fields.signed"),
        ({"signed": True, "grade": 3}, "fields.grade"),
        ({"signed": True, "loss": "12.345"}, "fields.loss"),
        ({"signed": True, "loss": 12.5}, "fields.loss"),
        ({"signed": True, "loss": "-1"}, "fields.loss"),
        ({"signed": True, "accused": "王 五"}, "fields.accused"),
        ({"signed": True}, None),
        ({"signed": "是", "grade": 2, "loss": "12.5", "accused": "s-1"}, None),
    ],
)
def test_only_a_value_that_the_field_must_be_is_accepted(fields: dict[str, Any], field: str | None) -> None:
    assert refused(rules_with({"id": "settled", "fields": FIELDS}), fields) == field


def refused(
    rules: Rules, fields: dict[str, Any], case: Case | None = None, persons: tuple[str, ...] = ()
) -> str | None:
    """The field for which the report is refused, None if it is accepted."""
    try:
        settled(rules, case or assigned(), persons, **fields)
    except HuiyinError as error:
        return error.field
    return None


@pytest.mark.parametrize(
    ("must", "fields", "field"),
    [
        ({"field": "grade", "at_least": 2}, {"grade": 1}, "fields.grade"),
        ({"field": "grade", "at_least": 2}, {"grade": 2}, None),
        ({"field": "grade", "at_least": 2}, {}, "fields.grade"),  # what is not known does not hold
        ({"field": "loss", "more_than": 0.1}, {"loss": "0.10"}, "fields.loss"),
        ({"field": "loss", "at_least": 0.1}, {"loss": "0.1"}, None),
        ({"field": "people", "at_most": 5}, {}, "milestone"),  # a fact of the case
        ({"field": "people", "at_most": 7}, {}, None),
        ({"all": [{"field": "people", "is": 7}, {"field": "grade", "is": 1}]}, {"grade": 2}, "fields.grade"),
        ({"any": [{"field": "grade", "is": 1}, {"field": "loss", "known": True}]}, {}, "fields.grade"),
        ({"any": [{"field": "grade", "known": False}, {"field": "loss", "known": True}]}, {}, None),
        ({"not": {"field": "grade", "is": 2}}, {"grade": 2}, "fields.grade"),
        ({"reached": "investigated"}, {}, "milestone"),
    ],
)
def test_each_condition_of_must_has_to_hold_and_the_error_names_the_field(
    must: dict[str, Any], fields: dict[str, Any], field: str | None
) -> None:
    rules = rules_with({"id": "settled", "fields": FIELDS, "must": [{"always": True}, must]})
    assert refused(rules, {"signed": True, **fields}, assigned(people=7)) == field


@pytest.mark.parametrize("stage", ["registered", "assigned", "resolved", "closed", "ended"])
@pytest.mark.parametrize("given", ["registered", "assigned", "resolved", "closed", "ended"])
def test_a_milestone_is_reported_in_its_stages_only(stage: str, given: str) -> None:
    rules = rules_with({"id": "settled", "stages": [stage], "by": ["head"]})
    case = case_in(given)
    report = Report("settled", NOW + MINUTE, "head", {})
    if stage == given:
        assert apply_report(case, report, rules, NOW + MINUTE).emitted
    else:
        with pytest.raises(Conflict) as caught:
            apply_report(case, report, rules, NOW + MINUTE)
        assert caught.value.field == "milestone"


def case_in(status: str) -> Case:
    """A case of this status."""
    registered = ComplaintRegistered(case_number="S1", channel="online", received_at=NOW)
    done = resolved(assigned(), NOW)
    case = {
        "registered": after(Case(CASE, PROCEDURE.key), registered)[0],
        "assigned": assigned(),
        "resolved": done,
        "closed": apply_report(done, Report("closed", NOW, "desk", {}), RULES, NOW)[0],
        "ended": after(assigned(), ComplaintWithdrawn())[0],
    }[status]
    assert case.status == status
    return case


@pytest.mark.parametrize(
    ("persons", "fields", "field"),
    [
        (("a", "b"), {}, None),
        (("a", "b", "a"), {}, None),
        (("a",), {}, "persons"),
        (("a", "a"), {}, "persons"),
        ((), {}, "persons"),
        (("a", "seen-by"), {}, "persons"),  # reported what they may not have
        (("a", "b"), {"accused": "b"}, "persons"),  # is the accused
        (("a", "b"), {"accused": "c"}, None),
        (("a", "王五"), {}, "persons"),
        (tuple(f"s-{n}" for n in range(21)), {}, "persons"),
    ],
)
def test_so_many_persons_report_and_none_who_may_not(
    persons: tuple[str, ...], fields: dict[str, Any], field: str | None
) -> None:
    rules = rules_with(
        {"id": "settled", "fields": FIELDS[2:5], "persons": 2, "not_by": ["seen", "accused"]}, {"id": "seen"}
    )
    case, _ = apply_report(assigned(), Report("seen", NOW, "desk", {}, persons=("seen-by",)), rules, NOW)
    assert refused(rules, fields, case, persons) == field


def test_who_is_excluded_must_be_known() -> None:
    rules = rules_with({"id": "settled", "not_by": ["seen"]}, {"id": "seen"})
    assert refused(rules, {}) == "persons"


def test_the_persons_are_in_the_event_and_on_the_occurrence() -> None:
    case, (reached,) = settled(rules_with({"id": "settled"}), assigned(), ("a", "b"))
    assert isinstance(reached, MilestoneReached)
    assert reached.persons == case.occurrences[-1].persons == ("a", "b")


# --- documents


def test_a_text_field_takes_a_document_that_is_in_the_vault() -> None:
    rules = rules_with({"id": "settled", "fields": FIELDS[5:]})
    with pytest.raises(NotYet) as caught:
        settled(rules, assigned(), record="minutes")
    assert (caught.value.field, caught.value.status) == ("fields.record", 409)
    assert "try again" in (caught.value.hint or "")
    assert settled(rules, documented(assigned(), "minutes"), record="minutes").emitted


def test_a_report_waits_for_a_document_that_must_come_first_in_this_cycle() -> None:
    rules = rules_with({"id": "settled", "requires": [{"reached": "documented:minutes"}]})
    for case in (assigned(), Case(**{**documented(assigned(), "minutes").__dict__, "cycle": 2})):
        with pytest.raises(NotYet) as caught:
            settled(rules, case)
        assert (caught.value.field, caught.value.status) == ("milestone", 409)
    assert settled(rules, documented(assigned(), "minutes")).emitted


def test_a_document_of_an_earlier_cycle_is_still_there() -> None:
    rules = rules_with({"id": "settled", "fields": FIELDS[5:]})
    case = documented(assigned(), "minutes")
    assert settled(rules, Case(**{**case.__dict__, "cycle": 2}), record="minutes").emitted


@pytest.mark.parametrize(
    ("when", "given", "needed"),
    [
        (None, 1, True),
        ({"field": "settled.grade", "is": 1}, 1, True),
        ({"field": "settled.grade", "is": 1}, 2, False),  # that notice is not caused
    ],
)
def test_a_milestone_waits_for_the_documents_that_its_notices_show(when: Any, given: int, needed: bool) -> None:
    text = {"subject": "{{case_number}}", "body": "{{ documents.result }}"}
    notice = {
        "id": "n",
        "name": NAME,
        "at": ["settled"],
        "to": "complainant",
        "when": when,
        "text": {"zh": text, "en": text},
    }
    rules = rules_with({"id": "settled", "fields": FIELDS[1:2]}, notices=[notice])
    assert refused(rules, {"grade": given}) == ("milestone" if needed else None)
    assert refused(rules, {"grade": given}, documented(assigned(), "result")) is None


# --- reports from a topic


def topic(case: Case, rules: Rules, data: EventData, at: Any = NOW) -> Change:
    """The case after an event."""
    return apply_event(case, make("x", CASE, PROCEDURE.key, data, cause=str(at), at=at), rules, at)


def report(milestone: str, **fields: Any) -> MilestoneReport:
    """A report from a topic."""
    return MilestoneReport(milestone=milestone, at=NOW, by="desk", fields=fields)


RACING = rules_with({"id": "settled", "fields": FIELDS[5:]}, {"id": "told", "requires": [{"reached": "settled"}]})


def test_a_report_that_overtakes_its_document_waits_and_those_that_depend_on_it_wait_too() -> None:
    case, emitted = topic(assigned(), RACING, report("settled", record="minutes"))
    assert (emitted, len(case.waiting)) == ((), 1)
    case, emitted = topic(case, RACING, report("told"))
    assert (emitted, len(case.waiting)) == ((), 2)
    case, emitted = topic(case, RACING, report("investigated", investigators=2))  # is right, and not held up
    assert [type(one) for one in emitted] == [MilestoneReached]
    case, emitted = topic(case, RACING, DocumentAdded(document="minutes"), NOW + MINUTE)
    assert [one.milestone for one in emitted if isinstance(one, MilestoneReached)] == ["settled", "told"]
    assert case.waiting == ()


def test_the_same_report_waits_once() -> None:
    case, _ = topic(assigned(), RACING, report("settled", record="minutes"))
    assert topic(case, RACING, report("settled", record="minutes"))[0].waiting == case.waiting


def test_what_is_wrong_whatever_may_come_is_rejected_at_once() -> None:
    case, _ = topic(assigned(), RACING, report("settled", record="minutes"))
    for wrong in (report("settled", record="a text"), report("investigated", investigators=1)):
        again, emitted = topic(case, RACING, wrong)
        assert [type(one) for one in emitted] == [ReportRejected]
        assert again.waiting == case.waiting


def test_without_one_that_waits_a_report_of_the_wrong_state_is_rejected() -> None:
    assert [type(one) for one in topic(assigned(), RACING, report("told"))[1]] == [ReportRejected]


def test_a_report_whose_document_never_comes_is_rejected_in_the_end() -> None:
    case, _ = topic(assigned(), RACING, report("settled", record="minutes"))
    case, emitted = try_waiting(Change(case, ()), RACING, NOW + PATIENCE - MINUTE)
    assert (emitted, len(case.waiting)) == ((), 1)
    case, emitted = try_waiting(Change(case, ()), RACING, NOW + PATIENCE)
    assert [(type(one), one.field) for one in emitted if isinstance(one, ReportRejected)] == [
        (ReportRejected, "fields.record")
    ]
    assert case.waiting == ()


def test_a_resolution_that_waits_is_not_taken_after_a_withdrawal() -> None:
    case, _ = topic(assigned(), RACING, report("settled", record="minutes"))
    case, _ = topic(case, RACING, ComplaintWithdrawn(), NOW + MINUTE)
    case, emitted = topic(case, RACING, DocumentAdded(document="minutes"), NOW + 2 * MINUTE)
    assert emitted == ()
    assert [type(one) for one in try_waiting(Change(case, ()), RACING, NOW + PATIENCE)[1]] == [ReportRejected]


# --- the class that an officer gives


def fixed(lower: bool, class_: str, case: Case) -> tuple[Case, list[str], Rules]:
    """The case after an officer gave it a class; the classes that were emitted; the rules."""
    choices = [{"id": one, "name": NAME} for one in ("major", "hot", "general")]
    field = {"id": "class", "label": NAME, "type": "choice", "choices": choices, "required": True}
    given = {"from": "settled.class", "lower": lower}
    rules = rules_with({"id": "settled", "fields": [field]}, **{"class": given})
    case, emitted = apply_report(case, Report("settled", NOW, "desk", {"class": class_}), rules, NOW)
    return case, [one.class_ for one in emitted if isinstance(one, CaseClassified)], rules


@pytest.mark.parametrize(
    ("lower", "given", "people", "classes"),
    [
        (True, "general", 12, ["general"]),
        (True, "hot", 12, ["hot"]),
        (True, "major", 12, []),
        (True, "major", 1, ["major"]),
        (False, "general", 12, []),
        (False, "major", 1, ["major"]),
    ],
)
def test_a_field_of_a_milestone_gives_the_class(lower: bool, given: str, people: int, classes: list[str]) -> None:
    rules_case = Case(**{**assigned(people=people).__dict__, "department": "desk"})
    case, emitted, _ = fixed(lower, given, rules_case)
    assert emitted == classes
    assert case.has_occurred(f"classified:{given}") or not classes


def test_conditions_do_not_raise_again_what_an_officer_lowered() -> None:
    case, _, rules = fixed(True, "general", Case(**{**assigned(people=12).__dict__, "department": "desk"}))
    more = ComplaintSupplemented(attributes={"people": 20})
    assert topic(case, rules, more)[0].class_ == "general"


def test_an_unknown_class_is_not_a_choice() -> None:
    with pytest.raises(InvalidInput):
        fixed(True, "unheard-of", assigned())


DOSSIER: dict[str, Any] = {
    "documents": [
        {"id": "agreement", "name": NAME},
        {"id": "receipt", "name": NAME, "when": {"field": "goods.returned", "is": True}},
    ],
    "dossier": {"at": "filed", "contains": ["agreement", "receipt"], "keep": "P5Y"},
}
GOODS: dict[str, Any] = {
    "id": "goods",
    "fields": [{"id": "returned", "label": NAME, "type": "boolean", "required": True}],
}


@pytest.mark.parametrize(
    ("returned", "there", "missing"),
    [
        (None, (), "agreement"),
        (None, ("agreement",), None),  # nothing is known of goods: no receipt is due
        (False, ("agreement",), None),
        (True, ("agreement",), "receipt"),
        (True, ("receipt",), "agreement"),
        (True, ("agreement", "receipt"), None),
    ],
)
def test_the_milestone_that_closes_the_dossier_off_waits_for_every_document(
    returned: bool | None, there: tuple[str, ...], missing: str | None
) -> None:
    rules = rules_with(GOODS, {"id": "filed"}, **DOSSIER)
    case = documented(assigned(), *there)
    if returned is not None:
        case, _ = apply_report(case, Report("goods", NOW, "desk", {"returned": returned}), rules, NOW)
    if missing is None:
        assert apply_report(case, Report("filed", NOW, "desk", {}), rules, NOW).emitted
        return
    with pytest.raises(NotYet) as caught:
        apply_report(case, Report("filed", NOW, "desk", {}), rules, NOW)
    assert (caught.value.status, caught.value.field) == (409, f"dossier.{missing}")
    assert missing in caught.value.message


def test_a_case_without_a_dossier_is_closed_off_without_one() -> None:
    parts = {**DOSSIER, "dossier": {**DOSSIER["dossier"], "when": {"field": "goods.returned", "is": True}}}
    rules = rules_with(GOODS, {"id": "filed"}, **parts)
    assert apply_report(assigned(), Report("filed", NOW, "desk", {}), rules, NOW).emitted
