"""What `procedure check` finds in clocks: each mistake where it stands, in both languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from shared.procedures.check.clock_parts import check_clock_parts
from shared.procedures.check.clocks import check_clocks
from shared.procedures.check.references import check_references
from shared.procedures.yaml_file import read_yaml
from tests.unit.sla.scenes import procedure

CLOCK: dict[str, Any] = {"from": ["registered"], "until": ["resolved"], "duration": "PT4H"}
MAJOR = {"field": "class", "is": "major"}

# what is added to the clock `reply`, the severity, the path below it, what the finding says
FINDINGS = [
    ({"steps": [{"id": "due", "percent": 50}]}, "error", "steps[due]", "the system uses this id itself"),
    ({"steps": [{"id": "repeat-2", "after": "PT1H"}]}, "error", "steps[repeat-2]", "the system uses"),
    (
        {"steps": [{"id": "a", "percent": 50}, {"id": "a", "after": "PT1H"}]},
        "error",
        "steps[a]",
        "given more than once",
    ),
    ({"steps": [{"id": "a", "before": "PT5H"}]}, "warning", "steps[a].before", "is never emitted"),
    (
        {"quiet": [{"from": "22:00", "until": "08:00"}, {"from": "07:00", "until": "22:00"}]},
        "error",
        "quiet",
        "leaves nothing of a day",
    ),
    ({"catch_up": "skip", "skip_after": "PT0S"}, "error", "skip_after", "longer than nothing"),
    ({"steps": [{"every": "PT0S"}]}, "error", "steps[0].every", "needs a length"),
    ({"extension": {"to": "PT6H", "each": "P1D", "times": 2}}, "error", "extension.each", "must count the same"),
    ({"extension": {"to": "PT6H", "max": "P2D"}}, "error", "extension.max", "must count the same"),
    ({"extension": {"to": "PT6H", "max": "PT5H"}}, "error", "extension.max", "less than the first extension"),
    ({"extension": {"to": "PT6H", "times": 2}}, "warning", "extension.times", "changes nothing"),
    ({"extension": {"to": "PT6H", "each": "PT1H"}}, "warning", "extension.each", "is never used"),
    ({"group": "alone"}, "warning", "group", "one clock only"),
    ({"group": "reply"}, "error", "group", "is the id of a clock"),
    ({"within": "nothing"}, "error", "within", "no such clock or group of clocks: nothing"),
    ({"within": "reply"}, "error", "within", "is within itself"),
]


def found(*clocks: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Severity, path and words of all findings on clocks of these procedures."""
    rules = procedure(*clocks)
    twice = [one for one in check_references(rules) if "more than once" in one.en]
    findings = [*check_clocks(rules), *check_clock_parts(rules), *twice]
    assert all(re.search(r"[\u4e00-\u9fff]", one.zh) for one in findings)
    return [(one.severity, one.path, one.en) for one in findings]


@pytest.mark.parametrize(
    ("added", "severity", "path", "says"), FINDINGS, ids=[row[2] + ": " + row[3] for row in FINDINGS]
)
def test_a_mistake_in_a_clock_is_found(added: dict[str, Any], severity: str, path: str, says: str) -> None:
    matching = [one for one in found({**CLOCK, **added}) if one[1] == f"clocks[reply].{path}" and says in one[2]]
    assert [one[0] for one in matching] == [severity]


def test_a_clock_that_always_comes_second_in_its_group_is_found() -> None:
    first, second = {**CLOCK, "id": "a", "group": "g"}, {**CLOCK, "id": "b", "group": "g", "when": MAJOR}
    assert [(severity, path) for severity, path, _ in found(first, second)] == [("error", "clocks[b].group")]
    assert found(second, first) == []
    assert [path for _, path, _ in found(second, {**second, "id": "c"})] == ["clocks[c].group"]


def test_clocks_of_a_group_start_at_the_same() -> None:
    first, second = {**CLOCK, "id": "a", "group": "g", "while": MAJOR}, {**CLOCK, "id": "b", "group": "g"}
    assert "the same from" in found(first, {**second, "from": ["admitted"]})[0][2]


def test_a_stage_that_is_longer_than_the_whole_and_a_circle_are_found() -> None:
    whole, stage = {**CLOCK, "id": "a"}, {**CLOCK, "id": "b", "duration": "PT5H", "within": "a"}
    assert [(severity, path) for severity, path, _ in found(whole, stage)] == [("warning", "clocks[b].within")]
    circle = found({**whole, "within": "b"}, {**stage, "duration": "PT3H"})
    assert [(severity, path) for severity, path, _ in circle] == [
        ("error", "clocks[a].within"),
        ("error", "clocks[b].within"),
    ]


def test_an_agreed_date_is_neither_extended_nor_repeated_without_an_interval() -> None:
    agreed = {"from": ["registered"], "until": ["resolved"], "due_field": "decided.by-when"}
    paths = [path for _, path, _ in found({**agreed, "extension": {"to": "PT6H"}, "steps": [{"every": "IMMEDIATE"}]})]
    assert {"clocks[reply].extension", "clocks[reply].steps[0].every"} <= set(paths)


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ({"quiet": [{"from": "07:00", "until": "07:00"}]}, "begin and end at different times"),
        ({"quiet": [{"from": "7:00", "until": "9:00"}]}, "should match pattern"),
        ({"catch_up": "skip"}, "skip_after belongs to"),
        ({"skip_after": "PT1H"}, "skip_after belongs to"),
        ({"steps": [{"id": "a", "percent": 50, "before": "PT1H"}]}, "a step has one of"),
        ({"steps": [{"before": "PT1H"}]}, "a step has an id"),
        ({"steps": [{"id": "a", "every": "PT1H"}]}, "a step has an id, unless"),
        ({"steps": [{"id": "a", "after": "PT1H", "times": 2}]}, "times belongs to"),
        ({"steps": [{"every": "PT1H"}, {"every": "PT2H"}]}, "one step with `every` at most"),
        ({"duration": {"by": "class", "major": "soon"}}, "should match pattern"),
    ],
)
def test_a_mistake_of_form_is_refused(added: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        procedure({**CLOCK, **added})


def test_the_clocks_of_the_guide_are_sound() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "writing-a-procedure.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```\n(  - id: answer-major\n.*?)```", guide, re.DOTALL)
    clocks = read_yaml(f"clocks:\n{block}").data["clocks"]
    assert [one["id"] for one in clocks] == ["answer-major", "survey"]
    rest = {**CLOCK, "id": "rest", "from": ["received"], "group": "answer"}
    assert [path for severity, path, _ in found(*clocks, rest) if severity == "error"] == []
