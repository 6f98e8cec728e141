"""The reference page is the models', and says something of every key and word."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from huiyin.cli.rules.meanings import meanings, models_in, purpose
from huiyin.cli.rules.reference import PAGE, render_reference
from huiyin.cli.rules.schema import render_schema
from huiyin.cli.rules.words import DURATIONS, FACTS, OCCURRENCES, OF_A_FILE, PLACEHOLDERS
from shared.business_time.durations import Duration
from shared.procedures import milestones, model, vocabulary
from shared.procedures.check.known_facts import known_facts
from shared.procedures.loader import load_library
from shared.procedures.model import Procedure

MODELS = list(models_in(Procedure))


def test_the_page_that_is_checked_in_is_the_models() -> None:
    assert PAGE.read_text(encoding="utf-8") == render_reference(), "make docs"


@pytest.mark.parametrize("part", MODELS, ids=lambda part: part.__name__)
def test_every_key_of_the_language_has_a_meaning(part: type[BaseModel]) -> None:
    keys = [spec.alias or name for name, spec in part.model_fields.items()]
    assert [key for key in keys if key not in meanings(part)] == []
    assert purpose(part)


@pytest.mark.parametrize("part", MODELS, ids=lambda part: part.__name__)
def test_a_meaning_fits_into_a_line_of_a_table(part: type[BaseModel]) -> None:
    assert [key for key, text in meanings(part).items() if "\n" in text or len(text) > 450] == []


def test_every_occurrence_of_the_language_is_explained_once() -> None:
    told = [word for words in OCCURRENCES.values() for word in words]
    assert sorted(told) == sorted({*milestones.STANDARD, *milestones.DEADLINE})


def test_every_fact_that_a_condition_may_read_is_explained() -> None:
    for procedure in load_library().all():
        declared = {f"{one.id}.": "<milestone>." for one in procedure.milestones}
        declared |= {f"{one.id}.": "<follow-up>." for one in procedure.follow_ups}
        for name in known_facts(procedure):
            first, dot, rest = name.partition(".")
            general = {
                "count": "count.<count>",
                "number": "number.<document>",
                "place": "place.<count>",
                "party": "party.<party>",
            }.get(first) if dot else None  # fmt: skip
            if dot and f"{first}." in declared:
                general = declared[f"{first}."] + (rest if rest in ("grade", "round") else "<field>")
            own = name in {one.id for one in procedure.fields}
            assert (general or ("<field>" if own else name)) in FACTS, name


def test_every_key_that_a_file_has_beside_those_of_a_procedure_is_explained() -> None:
    assert tuple(OF_A_FILE) == vocabulary.OF_A_FILE


def test_every_placeholder_is_explained() -> None:
    assert tuple(PLACEHOLDERS) == model.PLACEHOLDERS


def test_every_duration_that_is_shown_is_one() -> None:
    assert all(str(Duration.parse(one)) == one for text in DURATIONS for one in text.split(", "))


def test_an_editor_shows_the_meaning_of_a_key() -> None:
    assert '"description": "the total from the original start"' in render_schema()
