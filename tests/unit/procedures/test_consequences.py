"""A breach or a step from which nothing follows is an error, unless the clock says why."""

from __future__ import annotations

import pytest

from shared.procedures.check.consequences import check_consequences
from shared.procedures.loader import parse_procedure
from tests.unit.procedures.sample import SAMPLE as WHOLE

SAMPLE = WHOLE.replace("    no_consequence: of the step none is meant\n", "")

STEPS = "    steps: [{id: soon, before: P1WD}]\n"
NOTICE = "at: [resolved]"
# what is replaced in the sample, by what, and the paths on which something is found
FOUND = [
    (STEPS, "", []),  # both breaches escalate
    (STEPS, STEPS, ["clocks[handling].steps[soon]"]),
    (NOTICE, "at: ['warned:handling']", []),
    (NOTICE, "at: ['warned:handling.soon']", []),
    (NOTICE, "at: ['overdue:handling']", ["clocks[handling].steps[soon]"]),
    (STEPS, STEPS + "    no_consequence: the text names none\n", []),
    (STEPS, STEPS + "    no_consequence: {zh: 无, en: none}\n", []),
    (STEPS, "    no_consequence: the text names none\n", ["clocks[handling].no_consequence"]),
    (STEPS, "    steps: [{every: P1WD, times: 3}]\n", ["clocks[handling].steps[0]"]),
    (", at: 'breached:clerk', to", ", at: assigned, to", ["clocks[clerk]"]),
    (", at: 'breached:clerk', to", ", at: assigned, when: {reached: 'breached:clerk'}, to", []),
    ("at: dissatisfied", "at: 'breached:clerk'", []),
]


@pytest.mark.parametrize(("old", "new", "paths"), FOUND, ids=[f"{new.strip()} {paths}" for _, new, paths in FOUND])
def test_a_deadline_without_consequence_is_found(old: str, new: str, paths: list[str]) -> None:
    text = SAMPLE if STEPS in (old, new) and old == STEPS else SAMPLE.replace(STEPS, STEPS if "handling" in new else "")
    assert text.count(old) == 1
    found = list(check_consequences(parse_procedure(text.replace(old, new), "sample.yaml")))
    assert [one.path for one in found] == paths
    assert {one.severity for one in found} <= {"warning" if "no_consequence" in one.path else "error" for one in found}


def test_repetitions_follow_if_one_of_them_is_named() -> None:
    repeated = SAMPLE.replace(STEPS, "    steps: [{every: P1WD, times: 3}]\n")
    for word in ("overdue:handling", "overdue:handling.repeat-3"):
        named = repeated.replace(NOTICE, f"at: ['{word}']")
        assert list(check_consequences(parse_procedure(named, "sample.yaml"))) == []
