"""Cross-references: each kind of mistake gives its finding, and a sound procedure gives none."""

from __future__ import annotations

import re

import pytest

from shared.errors import ProcedureError
from shared.procedures.check import Finding, check_procedure
from shared.procedures.loader import parse_procedure
from tests.unit.procedures.sample import SAMPLE, changed, sample


def test_a_sound_procedure_has_no_findings() -> None:
    assert check_procedure(sample()) == ()


# what is replaced, by what, severity, path, what the finding says
FINDINGS = [
    # names that nothing bears
    ("default_department: desk", "default_department: shop", "error", "default_department", "no such department: shop"),
    ("level: clerk, when", "level: boss, when", "error", "routes[goods].level", "no such level: boss"),
    ("{id: rest, department: office}", "{id: rest, department: x}", "error", "routes[rest].department", "no such"),
    (
        "at: 'breached:clerk', to: manager",
        "at: 'breached:clerk', to: x",
        "error",
        "escalations[up].to",
        "no such level",
    ),
    ("to: director}", "to: director, class: hot}", "error", "escalations[director].class", "no such class: hot"),
    (
        "    by: [officer]",
        "    by: [chief]",
        "error",
        "milestones[inspected].by",
        "no such role or department or level or party: chief",
    ),
    ("approved_by: [officer]", "approved_by: [handler]", "error", "clocks[handling].extension.approved_by", "no such"),
    ("{id: office, name", "{id: handler, name", "error", "departments[handler]", "handler is reserved"),
    ("approved_by: [officer]", "approved_by: [x]", "error", "clocks[handling].extension.approved_by", "no such role"),
    ("decided_by: [officer]", "decided_by: [x]", "error", "admissibility.decided_by", "no such role"),
    ("same: [content]", "same: [contents]", "error", "counts[again].same", "no such field: contents"),
    ("to: complainant", "to: everybody", "error", "notices[result].to", "nobody bears this name"),
    (
        "department: office}\n  - {id: director",
        "department: x}\n  - {id: director",
        "error",
        "levels[manager]",
        "no such",
    ),
    # ids given twice
    ("{id: office, name", "{id: desk, name", "error", "departments[desk]", "given more than once"),
    # occurrences
    ("from: [admitted]", "from: [accepted]", "error", "clocks[handling].from", "neither a word of the language nor"),
    ("at: [resolved]", "at: ['breached:soon']", "error", "notices[result].at", "neither a word of the language nor"),
    ("at: [resolved]", "at: [breached]", "error", "notices[result].at", "breached needs its clock"),
    ("at: [resolved]", "at: ['resolved:desk']", "error", "notices[result].at", "neither a word"),
    ("at: [resolved]", "at: [resolved, merged]", "warning", "notices[result].at", "never happens in this procedure"),
    ("at: [resolved]", "at: ['warned:clerk']", "warning", "notices[result].at", "never happens in this procedure"),
    ("follow_ups:\n  - {id: visit, after: resolved}\n", "", "warning", "reopenings[unhappy].at", "never happens"),
    ("- id: inspected\n", "- id: registered\n", "error", "milestones[registered]", "the system emits this word itself"),
    # conditions
    (
        "{field: kind, is: goods}",
        "{field: sort, is: goods}",
        "error",
        "routes[goods].when",
        "there is no such fact: sort",
    ),
    ("{field: kind, is: goods}", "{field: content, is: x}", "error", "routes[goods].when", "lives in the vault only"),
    (
        "{field: kind, is: goods}",
        "{field: kind, is: food}",
        "error",
        "routes[goods].when",
        "never has this value: food",
    ),
    (
        "{field: kind, is: goods}",
        "{field: kind, at_least: 2}",
        "error",
        "routes[goods].when",
        "is not compared by at_least",
    ),
    ("{field: kind, is: goods}", "{field: urgent, is: goods}", "error", "routes[goods].when", "is true or false"),
    ("{field: kind, is: goods}", "{field: people, is: many}", "error", "routes[goods].when", "is a number"),
    ("{field: kind, is: goods}", "{field: channel, in: [fax]}", "error", "routes[goods].when", "never has this value"),
    (
        "{field: kind, is: goods}",
        "{field: missing, contains: x}",
        "error",
        "routes[goods].when",
        "never has this value",
    ),
    ("{field: kind, is: goods}", "{field: received.period, is: night}", "error", "routes[goods].when", "never has"),
    ("{field: kind, is: goods}", "{field: inspected.by, is: x}", "error", "routes[goods].when", "no such fact"),
    ("{field: kind, is: goods}", "{reached: gone}", "error", "routes[goods].when.reached", "neither a word"),
    (
        "{field: kind, is: goods}",
        "{not: {reached: merged}}",
        "warning",
        "routes[goods].when.not.reached",
        "never happens",
    ),
    ("{field: kind, known: true}", "{field: class, is: major}", "error", "admissibility.rules[named]", "not yet known"),
    (
        "{field: kind, known: true}",
        "{field: count.again, at_least: 2}",
        "error",
        "admissibility.rules[named]",
        "not yet",
    ),
    ("{field: kind, known: true}", "{reached: resolved}", "error", "admissibility.rules[named].when", "not yet known"),
    (
        "{field: people, at_least: 10}",
        "{any: [{field: urgent, is: true}, {all: [{field: x, is: 1}]}]}",
        "error",
        "classes[major].when.any[1].all[0]",
        "there is no such fact: x",
    ),
    # clocks
    (
        "from: [admitted]",
        "from: ['breached:clerk']",
        "error",
        "clocks[handling].from",
        "does not wait for a clock's event",
    ),
    ("    until: [resolved]\n", "    until: ['met:clerk']\n", "error", "clocks[handling].until", "does not wait for"),
    ("from: [admitted]", "from: [merged]", "error", "clocks[handling].from", "can never start"),
    ("    until: [resolved]\n", "    until: [merged]\n", "error", "clocks[handling].until", "can never stop"),
    (
        "    until: [resolved]\n",
        "    until: [admitted]\n",
        "error",
        "clocks[handling].until",
        "stops at what starts it",
    ),
    ("duration: PT15M", "due_field: inspected.when", "error", "clocks[clerk].due_field", "is not a date or instant"),
    ("duration: PT15M", "due_field: inspected.by-when", "warning", "clocks[clerk].due_field", "may not be known"),
    (
        "duration: PT15M",
        "duration: PT15M\n    steps: [{every: IMMEDIATE}]",
        "error",
        "clocks[clerk].steps[0].every",
        "needs a length",
    ),
    ("to: P10WD", "to: P5WD", "error", "clocks[handling].extension.to", "must be longer than the duration"),
    (
        "to: P10WD",
        "to_field: until",
        "error",
        "clocks[handling].extension.to_field",
        "is no date, instant or whole number among the fields of the milestone extension-approved",
    ),
    ("id: sample", "id: sample\ntime_zone: Asia/Atlantis", "error", "time_zone", "no such time zone"),
    # order
    ("rank: 2, when: {field: people, at_least: 10}", "rank: 2", "error", "classes[general]", "is never reached: major"),
    (
        "{id: rest, department: office}",
        "{id: rest, department: office, when: {field: kind, is: goods}}",
        "error",
        "routes[rest].when",
        "is the same condition as an earlier one's",
    ),
    (
        "at: 'breached:clerk', to: manager",
        "at: 'breached:clerk', to: clerk",
        "error",
        "escalations[up].to",
        "is not above",
    ),
    ("at: 'breached:clerk', to: manager", "at: 'breached:clerk'", "error", "escalations[up]", "does nothing"),
    ("to: manager}", "to: manager, raise_by: 1}", "error", "escalations[up]", "takes either to or raise_by"),
    (
        "    by: [officer]",
        "    requires: [{reached: inspected}]",
        "error",
        "milestones[inspected].requires",
        "requires itself",
    ),
    # wording
    ("Dear {{name}}", "Dear {{nmae}}", "error", "notices[result].text.en.body", "no such name in double braces"),
    ("Result {{case_number}}", "For {{name}}", "error", "notices[result].text.en.subject", "is seen by others: name"),
    ("Dear {{name}}", "By {{due}}", "warning", "notices[result].at", "resolved starts no clock"),
    ("to: complainant", "to: role:desk", "error", "notices[result].to", "nobody bears this name"),
    ("Dear {{name}}", "Dear {{ __class__ }}", "error", "notices[result].text.en.body", "no such name in double braces"),
    (
        "{zh: 来信, en: Letter}",
        "{zh: '', en: Letter}",
        "error",
        "channels[letter].name",
        "one of the languages is empty",
    ),
    ("S-{year}-{number:04}", "S-{number:04}", "error", "numbering.case.pattern", "numbers would repeat"),
    ("type: integer, default: 1", "type: integer, default: one", "error", "fields[people].default", "does not fit"),
    ("holds: evidence,", "holds: evidence, default: x,", "error", "fields[content].default", "has no default"),
    ("version: 1", "version: 1\nsource: [nowhere.01]", "error", "source", "no such fact in the catalogue: nowhere.01"),
]


@pytest.mark.parametrize(
    ("old", "new", "severity", "path", "says"), FINDINGS, ids=[f"{path}: {says}"[:80] for *_, path, says in FINDINGS]
)
def test_a_mistake_is_found_where_it_stands(old: str, new: str, severity: str, path: str, says: str) -> None:
    found = check_procedure(sample(old, new))
    matching = [one for one in found if one.path.startswith(path) and says in one.en]
    assert matching, found
    assert {one.severity for one in matching} == {severity}


@pytest.mark.parametrize("row", FINDINGS, ids=[row[3] for row in FINDINGS])
def test_a_finding_stands_in_chinese_too(row: tuple[str, str, str, str, str]) -> None:
    for one in check_procedure(sample(row[0], row[1])):
        assert re.search(r"[\u4e00-\u9fff]", one.zh), one


def test_a_fact_of_another_written_procedure_is_a_warning_only_for_a_procedure_of_the_catalogue() -> None:
    other = "version: 1\nsource: [vanke-developer.01]"
    assert check_procedure(sample("version: 1", other)) == ()
    text = sample("version: 1", other).model_dump(by_alias=True) | {"id": "shopping-mall"}
    found = check_procedure(type(sample()).model_validate(text))
    assert [(one.severity, one.path) for one in found] == [("warning", "source")]


def test_rules_that_are_in_no_catalogue_are_numbered_by_the_file_itself() -> None:
    assert check_procedure(sample("version: 1", "version: 1\nsource: [7, sample.12]")) == ()
    text = sample("version: 1", "version: 1\nsource: [7]").model_dump(by_alias=True) | {"id": "shopping-mall"}
    text["source"] = ("shopping-mall.999",)
    (found,) = [one for one in check_procedure(type(sample()).model_validate(text)) if one.path == "source"]
    assert "no such fact in the catalogue" in found.en


def test_errors_come_before_warnings() -> None:
    broken = sample("at: [resolved]", "at: [merged, gone]")
    assert [one.severity for one in check_procedure(broken)] == ["error", "warning"]
    assert sorted(check_procedure(broken)) == list(check_procedure(broken))


def test_a_level_that_only_a_raise_leads_to_can_happen() -> None:
    raised = sample(
        "{id: director, at: 'breached:handling', to: director}", "{id: director, at: 'breached:handling', raise_by: 2}"
    )
    text = raised.model_dump(by_alias=True)
    text["notices"][0]["at"] = ("escalated:director",)
    assert check_procedure(type(raised).model_validate(text)) == ()


# what is replaced, by what: all of it is sound
SOUND = [
    ("to: complainant", "to: role:officer"),
    ("to: complainant", "to: level:manager"),
    ("to: complainant", "to: department"),
    ("    by: [officer]", "    by: [handler, officer]"),
    ("Dear {{name}}", "Dear {{ name }}, {{documents.result}}"),
    ("at: [resolved]", "at: ['extension-approved:handling', 'notice-failed:result']"),
    ("duration: PT15M", "duration: PT15M\n    steps: [{id: later, after: PT15M}]\n    no_consequence: none is meant"),
    ("when: {field: kind, known: true}", "officer: true"),
    ("{field: kind, is: goods}", "{field: missing, contains: name}"),
    ("{field: kind, is: goods}", "{field: count.again, at_least: 3}"),
    ("{field: kind, is: goods}", "{field: inspected.by-when, known: true}"),
    ("S-{year}-{number:04}', restart: year", "S-{number:04}', restart: never"),
]


@pytest.mark.parametrize(("old", "new"), SOUND, ids=[new for _, new in SOUND])
def test_what_the_language_allows_is_not_found_fault_with(old: str, new: str) -> None:
    assert check_procedure(sample(old, new)) == ()


def test_two_reasons_that_only_an_officer_may_give_do_not_stand_in_each_others_way() -> None:
    never = "      officer: true\n      reason: {zh: 无, en: None}\n"
    rules = "".join(f"    - id: {id}\n      decision: refuse\n{never}" for id in ("first", "second"))
    assert check_procedure(sample("  decided_by: [officer]\n", f"{rules}  decided_by: [officer]\n")) == ()


STATED = """\
  - id: extension-approved
    name: {zh: 批准延期, en: Extended}
    fields:
      - {id: until, label: {zh: 延至, en: Until}, type: date}
      - {id: days, label: {zh: 共计, en: In all}, type: integer}
      - {id: reason, label: {zh: 理由, en: Reason}, holds: evidence}
  - id: inspected
"""


@pytest.mark.parametrize(
    ("extension", "place", "says"),
    [
        ("{to_field: until}", None, ""),
        ("{to_field: days, at_most: P20WD, times: 3}", None, ""),
        ("{to_field: until, at_most: P5WD}", "at_most", "must be longer than the duration"),
        ("{to_field: untill}", "to_field", "did you mean until?"),
        ("{to_field: reason}", "to_field", "is no date, instant or whole number"),
    ],
)
def test_what_the_approver_states_is_a_field_of_the_approval(extension: str, place: str | None, says: str) -> None:
    text = changed("  - id: inspected\n", STATED).replace("{to: P10WD, approved_by: [officer]}", extension)
    found = [one for one in check_procedure(parse_procedure(text, "x.yaml")) if "extension" in one.path]
    assert [one.path for one in found] == ([f"clocks[handling].extension.{place}"] if place else [])
    assert all(says in one.en for one in found)


@pytest.mark.parametrize(
    ("extension", "says"),
    [
        ("{}", "an extension has either"),
        ("{to: P10WD, to_field: until}", "an extension has either"),
        ("{to_field: until, max: P10WD}", "bounded by `at_most`"),
        ("{to: P10WD, at_most: P20WD}", "at_most belongs to"),
    ],
)
def test_an_extension_says_once_how_far_it_goes(extension: str, says: str) -> None:
    with pytest.raises(ProcedureError, match=says):
        parse_procedure(changed("{to: P10WD, approved_by: [officer]}", extension), "x.yaml")


def test_a_number_extends_only_a_clock_that_counts_one_unit() -> None:
    table = "{by: class, major: P2WD, general: P5D}"
    text = changed("  - id: inspected\n", STATED).replace("{to: P10WD,", "{to_field: days,")
    text = text.replace("duration: P5WD", f"duration: {table}")
    (found,) = check_procedure(parse_procedure(text, "x.yaml"))
    assert "does not count one unit" in found.en


def test_a_finding_is_a_value() -> None:
    assert Finding("error", "a", "甲", "x") == Finding("error", "a", "甲", "x")


def test_an_escalation_may_do_no_more_than_call_in_a_department() -> None:
    calls_in = sample("at: 'breached:clerk', to: manager", "at: 'breached:clerk', with: [office]")
    assert not [one for one in check_procedure(calls_in) if one.path.startswith("escalations")]


PARTY = """parties:
  - id: respondent
    name: {zh: 被诉方, en: Respondent}
    fields: [{id: phone, label: {zh: 电话, en: Telephone}, holds: identity}]
numbering:
"""
TOLD = """  - id: told
    name: {zh: 告知, en: Told}
    at: [admitted]
    to: [complainant, 'party:respondent']
    text: {zh: {subject: x, body: '{{name}} {{receipt_code}} {{progress_url}}'}, en: {subject: x, body: x}}
"""


@pytest.mark.parametrize(
    ("spoilt", "path", "says"),
    [
        (("id: respondent", "id: content"), "parties[content]", "a field bears this id"),
        (("id: respondent", "id: other"), "notices[told].to", "nobody bears this name: party:respondent"),
        (("fields: [", "when: {field: class, is: major}\n    fields: ["), "parties[respondent].when", "not yet known"),
        (("", ""), "notices[told].text", "receipt_code is the complainant's own"),
        (("", ""), "notices[told].text", "progress_url is the complainant's own"),
        (("", ""), "notices[told].text", "respondent has no field `name`"),
    ],
)
def test_a_party_and_what_it_is_told_fit_together(spoilt: tuple[str, str], path: str, says: str) -> None:
    whole = SAMPLE.replace("numbering:\n", PARTY, 1).replace("notices:\n", f"notices:\n{TOLD}", 1)
    found = check_procedure(parse_procedure(whole.replace(*spoilt, 1), "parties.yaml"))
    assert any(one.path == path and says in one.en for one in found if one.severity == "error"), found


def test_a_party_that_is_asked_for_is_asked_for() -> None:
    whole = SAMPLE.replace("numbering:\n", PARTY, 1).replace(
        "holds: identity, required: requested}", "holds: identity}"
    )
    asked = whole.replace("notices:\n", f"notices:\n{TOLD.replace('admitted', 'supplement-requested')}", 1)
    never = "never happens in this procedure: supplement-requested"

    def found(text: str) -> list[str]:
        return [one.en for one in check_procedure(parse_procedure(text, "parties.yaml"))]

    assert never in found(asked)
    assert never not in found(asked.replace("id: respondent\n", "id: respondent\n    required: requested\n", 1))
