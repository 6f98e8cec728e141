"""The guide's example is a real procedure, and its lists are the language's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shared.procedures import milestones
from shared.procedures.check import check_procedure
from shared.procedures.conditions import OPERATORS
from shared.procedures.loader import parse_procedure
from shared.procedures.model import PLACEHOLDERS, Procedure

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "writing-a-procedure.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def example() -> Procedure:
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    return parse_procedure(text, "writing-a-procedure.md")


def test_the_example_of_the_guide_loads_without_findings(example: Procedure) -> None:
    assert check_procedure(example) == ()


def test_the_guide_names_every_word_of_the_language() -> None:
    words = (*OPERATORS, *PLACEHOLDERS, *milestones.STANDARD, *(f"{word}:" for word in milestones.DEADLINE))
    shown = {part.split("<")[0] for part in re.findall(r"`([^`]*)`", GUIDE)}
    assert [word for word in words if word not in shown and f"{word}:" not in shown] == []


def test_every_part_that_a_procedure_can_have_is_in_the_guide() -> None:
    names = [spec.alias or name for name, spec in Procedure.model_fields.items()]
    assert [name for name in names if not re.search(rf"\b{name}\b", GUIDE)] == []


def test_the_glossary_has_a_chinese_word_for_every_english_one_and_no_word_twice() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.M)
    terms = [row for row in rows if row[0] not in ("word", "---")]
    assert len(terms) > 50
    assert len({english for english, _ in terms}) == len(terms)
    assert len({chinese for _, chinese in terms}) == len(terms)
    assert all(re.search(r"[\u4e00-\u9fff]", chinese) for _, chinese in terms)
