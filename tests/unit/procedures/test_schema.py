"""The published schema is the model's, and accepts what the loader accepts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from huiyin.cli.rules.schema import SCHEMA_FILE, render_schema
from shared.procedures.loader import LIBRARY_FOLDER
from shared.procedures.yaml_file import read_yaml
from tests.unit.procedures.sample import SAMPLE, changed

VALIDATOR = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def test_the_schema_that_is_checked_in_is_the_models() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == render_schema(), "python -m huiyin.cli.rules.schema"


def test_the_schema_is_itself_valid() -> None:
    Draft202012Validator.check_schema(VALIDATOR.schema)


@pytest.mark.parametrize("file", sorted(LIBRARY_FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_the_schema_accepts_every_shipped_procedure(file: Path) -> None:
    data = read_yaml(file.read_text(encoding="utf-8")).data
    assert [error.message for error in VALIDATOR.iter_errors(data)] == []


@pytest.mark.parametrize(("old", "new"), [("duration: PT15M", "duration: soon"), ("type: boolean", "type: flag")])
def test_an_editor_with_the_schema_marks_what_the_loader_refuses(old: str, new: str) -> None:
    assert VALIDATOR.is_valid(read_yaml(SAMPLE).data)
    assert not VALIDATOR.is_valid(read_yaml(changed(old, new)).data)


EXTENDING = """\
id: short
version: 1
name: {zh: 短, en: Short}
in_force_from: '2020-01-01'
extends: complaint@1
notices: [{id: result, remove: true}, {id: receipt, text: admitted}]
"""


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        (EXTENDING, True),
        (EXTENDING.replace("extends: complaint@1\n", ""), False),
        (EXTENDING.replace("remove: true", "remove: 1"), False),
        (EXTENDING.replace("id: receipt", "at: [resolved]"), False),
        (EXTENDING + "use: [{pack: mediation@1, with: {by: [chief]}}]\n", True),
        (EXTENDING + "use: [mediation@1]\n", False),
        (
            EXTENDING
            + "routes: [{id: a, department: desk, when: {condition: many}}]\nconditions: {many: {reached: resolved}}\n",
            True,
        ),
        (EXTENDING + "routes: [{id: a, department: desk, when: {condition: {many: 1}}}]\n", False),
    ],
)
def test_a_file_that_extends_a_base_says_only_what_differs(text: str, valid: bool) -> None:
    assert VALIDATOR.is_valid(read_yaml(text).data) is valid


BASE = "version: 1\nextends: complaint@1\n"
PACK = "version: 1\nuse: [{pack: mediation@1, with: {by: [desk]}}]\n"
ON_A_BASE = [
    "fields:\n  - {id: phone, required: requested}\n",
    "notices:\n  - {id: receipt, source: [7, 'other.08']}\n  - {id: up, at: [escalated], text: urging}\n",
    "milestones:\n  - {id: archived, remove: true}\n",
    "texts:\n  up: {zh: {subject: 甲, body: 乙}, en: {subject: A, body: B}}\n",
    "admissibility:\n  rules: [{id: no-facts, officer: true}]\n",
]


def on_a_base(part: str, base: str = BASE) -> object:
    head = "id: small\nname: {zh: 小, en: Small}\nin_force_from: '2020-01-01'\n"
    return read_yaml(head + base + part).data


@pytest.mark.parametrize("part", ON_A_BASE)
def test_a_file_on_a_base_says_only_what_differs(part: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(on_a_base(part))] == []
    assert [error.message for error in VALIDATOR.iter_errors(on_a_base(part, PACK))] == []
    assert not VALIDATOR.is_valid(on_a_base(part, "version: 1\n"))


INCOMPLETE = [
    "milestones:\n  - {id: looked, fields: [{id: result, type: boolean}]}\n",  # a label is missing
    "fields:\n  - {id: kind, type: choice, choices: [{id: a}]}\n",
    "use: [{with: {by: [desk]}}]\n",
]


@pytest.mark.parametrize("part", INCOMPLETE)
def test_what_no_base_completes_is_whole_in_every_file(part: str) -> None:
    assert not VALIDATOR.is_valid(on_a_base(part))
