"""Changes of what has no figures: which there are of an element, and that an example must notice them."""

from __future__ import annotations

import pytest

from huiyin.simulate.elements import elements, replaced
from huiyin.simulate.files import parse_examples
from huiyin.simulate.mutations import figures
from huiyin.simulate.prove import prove
from huiyin.simulate.variants import variants
from shared.procedures.loader import parse_procedure
from shared.procedures.model import Procedure
from tests.unit.intake.report_sample import PROCEDURE as REPORT_DESK
from tests.unit.procedures.sample import SAMPLE, sample
from tests.unit.simulate.bureau import CALENDARS
from tests.unit.simulate.bureau import PROCEDURE as BUREAU

NAMED = """\
procedure: sample
complaint: {channel: telephone, fields: {name: 甲, content: 内容, kind: goods}}
examples:
  - {id: one, given: {received: 2025-09-29 10:00}, expect: {status: assigned, department: desk}}
"""


def changes(procedure: Procedure, place: str) -> list[str]:
    return [
        f"{one.place.removeprefix(place)}: {one.what}"
        for cited in elements(procedure)
        for one in variants(procedure, cited)
        if len(cited.place) == 2 and one.place.startswith(place)
    ]


WANTED = {
    (sample, "milestones[inspected]"): [".by: officer -> desk"],
    (sample, "milestones[resolved]"): [".requires[0].when: always"],
    (sample, "routes[goods]"): [".when: always", ".department: desk -> office", ".level: clerk -> manager"],
    (sample, "clocks[clerk].until"): [": without resolved", ": without escalated:manager"],
    (sample, "fields[kind].choices"): [": without goods", ": without service"],
    (sample, "fields[content]"): [".required: registration -> optional"],
    (lambda: BUREAU, "notices[case-notice].service.receipt"): [": without signer", ": without date"],
    (lambda: BUREAU, "notices[reply]"): [".to: complainant -> chief", ".form: as-received -> oral"],
    (lambda: BUREAU, "documents[record]"): [
        ".by: desk -> chief",
        ".fields[taken-on].required: True -> False",
        ".copies: complainant -> chief",
    ],
    (lambda: BUREAU, "clocks[supplement-ownership]"): [],  # it stands in the supplement
    (lambda: REPORT_DESK, "reports[own-summary]"): [".each: True -> False", ".due.before: True -> False"],
    (lambda: REPORT_DESK, "reports[unsolved]"): [
        ".of.when: always",
        ".of.open: True -> False",
        ".lists: True -> False",
    ],
}


@pytest.mark.parametrize(("of", "place", "wanted"), [(of, place, wanted) for (of, place), wanted in WANTED.items()])
def test_changes_of_an_element(of: object, place: str, wanted: list[str]) -> None:
    found = changes(of(), place)  # type: ignore[operator]
    assert [one for one in found if one in wanted] == wanted
    if not wanted:
        assert found == []


def test_each_part_of_a_condition_is_left_out_but_a_single_one_is_not() -> None:
    old = "when: {field: kind, is: goods}}"
    two = sample(old, "when: {all: [{field: kind, is: goods}, {field: people, at_least: 1}]}}")
    found = changes(two, "routes[goods].when")
    assert found[0] == ": always"
    assert [one.partition(": ")[2] for one in found[1:]] == [
        'without {"field": "kind", "is": "goods"}',
        'without {"field": "people", "at_least": 1.0}',
    ]


def test_a_choice_of_an_office_must_be_noticed_where_that_is_asked_for() -> None:
    cited = sample("    by: [officer]\n", "    by: [officer]\n    source: [sample.01]\n")
    reported = NAMED + (
        "  - id: two\n    given: {received: 2025-09-29 10:00}\n"
        "    when: [{at: 2025-09-29 10:05, by: officer, report: inspected}]\n    expect: {happened: {inspected: 1}}\n"
    )
    lax = prove(cited, parse_examples(reported, "sample.yaml"), CALENDARS)
    assert lax.enforced == ("sample.01",)
    assert prove(cited, parse_examples(reported, "sample.yaml"), CALENDARS, strict=True).enforced == ("sample.01",)
    twice = sample("    by: [officer]\n", "    by: [officer, office]\n    source: [sample.01]\n")
    assert prove(twice, parse_examples(reported, "sample.yaml"), CALENDARS).enforced == ("sample.01",)
    found = prove(twice, parse_examples(reported, "sample.yaml"), CALENDARS, strict=True)
    assert found.unnoticed["sample.01"] == ("milestones[inspected].by: office -> desk",)


def test_a_changed_supplement_changes_its_clock() -> None:
    changed = replaced(BUREAU, ("supplements", 0, "within"), "P16D")
    durations = {one.id: one.duration for one in changed.clocks}
    assert durations == {"answer": "P30D", "appeal": "P10D", "supplement-ownership": "P16D"}
    gone = replaced(BUREAU, ("supplements", 0, "within"), None)
    assert [one.id for one in gone.clocks] == ["answer", "appeal"]


def test_a_table_of_durations_is_changed_row_by_row_once() -> None:
    table = SAMPLE.replace("duration: P5WD", "duration: {by: class, major: P3D, else: P7D}", 1)
    procedure = parse_procedure(table, "sample.yaml")
    clock = next(one for one in elements(procedure) if one.place == ("clocks", 0))
    places = [(one.place, one.what) for one in figures(procedure, clock) if ".duration" in one.place]
    assert sorted(places) == sorted(set(places))
    assert len(places) == 4
