"""The guide's example is a real procedure, whose examples hold and prove it; and the lists are the language's own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from huiyin.simulate.files import parse_examples
from huiyin.simulate.prove import prove
from huiyin.simulate.story import ExampleFile
from shared.business_time.loader import load_calendars
from shared.procedures import milestones
from shared.procedures.check import check_procedure
from shared.procedures.conditions import OPERATORS
from shared.procedures.loader import parse_procedure
from shared.procedures.model import PLACEHOLDERS, Procedure

DOCS = Path(__file__).parents[3] / "docs"
GUIDE = (DOCS / "writing-a-procedure.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "procedure-reference.md").read_text(encoding="utf-8")
RULES = re.search(r"^These are the rules.*?\n\n(.*?)\n\n", GUIDE, re.DOTALL | re.MULTILINE)


def written(kind: str) -> str:
    """The file that the blocks of this kind make together."""
    return "\n".join(re.findall(rf"^```{kind}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module")
def hotline() -> Procedure:
    return parse_procedure(written("yaml"), "hotline.yaml")


@pytest.fixture(scope="module")
def examples() -> ExampleFile:
    return parse_examples(written("yaml examples"), "examples/hotline.yaml")


def test_the_example_of_the_guide_loads_without_findings(hotline: Procedure) -> None:
    assert check_procedure(hotline) == ()


def test_the_examples_of_the_guide_hold_and_prove_every_rule(hotline: Procedure, examples: ExampleFile) -> None:
    proof = prove(hotline, examples, load_calendars())
    assert proof.failures == ()
    assert dict(proof.unnoticed) == {}
    assert RULES is not None
    rules = [f"hotline.{int(number):02}" for number in re.findall(r"^(\d+)\.", RULES[1], re.MULTILINE)]
    assert sorted([*proof.enforced, *proof.not_enforced]) == rules
    assert len(proof.not_enforced) == 1


def test_the_reference_names_every_word_of_the_language() -> None:
    words = (*OPERATORS, *PLACEHOLDERS, *milestones.STANDARD, *milestones.DEADLINE)
    shown = {part.strip("{}") for part in re.findall(r"`([^`]*)`", REFERENCE)}
    assert [word for word in words if word not in shown] == []


def test_every_part_that_a_procedure_can_have_is_in_the_guide() -> None:
    names = [spec.alias or name for name, spec in Procedure.model_fields.items()]
    assert [name for name in names if not re.search(rf"\b{name}\b", GUIDE)] == []


@pytest.mark.parametrize("page", [GUIDE, REFERENCE], ids=["guide", "reference"])
def test_every_link_into_the_reference_leads_somewhere(page: str) -> None:
    headings = re.findall(r"^#+ (.*)$", REFERENCE, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    named = re.findall(r"\]\((?:procedure-reference\.md)?#([^)]*)\)", page)
    assert len(named) >= 3
    assert [one for one in named if one not in anchors] == []


def test_the_glossary_has_a_chinese_word_for_every_english_one_and_no_word_twice() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.M)
    terms = [row for row in rows if row[0] not in ("word", "---")]
    assert len(terms) > 50
    assert len({english for english, _ in terms}) == len(terms)
    assert len({chinese for _, chinese in terms}) == len(terms)
    assert all(re.search(r"[\u4e00-\u9fff]", chinese) for _, chinese in terms)
