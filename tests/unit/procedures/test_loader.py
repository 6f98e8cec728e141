"""Loading a file: each kind of mistake gives its line, its path and what to do, and all come together."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.errors import ProcedureError
from shared.procedures.expanded import as_yaml
from shared.procedures.loader import load_procedure, parse_procedure
from tests.unit.procedures.sample import SAMPLE, changed, sample

# what is replaced, by what, and the line that the error must have
MISTAKES = [
    ("version: 1", "version: one", "line 2: version: is not a whole number"),
    ("version: 1", "version: 0", "line 2: version: input should be greater than or equal to 1"),
    ("in_force_from: 2020-01-01", "in_force_from: spring", "line 4: in_force_from: is not a date (write 2025-01-31)"),
    ("default_department: desk", "defaults: desk", "default_department: is missing"),
    ("default_department: desk", "defaults: desk", "line 45: defaults: is not a word of the language here"),
    ("{id: letter, name", "{id: Letter!, name", "channels[Letter!].id: is not written as this must be (small letters"),
    ("{zh: 来信, en: Letter}", "{zh: 来信}", "line 7: channels[letter].name.en: is missing"),
    ("duration: PT15M", "duration: a while", "clocks[clerk].duration: is not written as this must be (PT30M"),
    ("duration: PT15M", "duration: P1WD3M", "clocks[clerk].duration: not a duration of one kind"),
    ("    duration: PT15M\n", "", "clocks[clerk]: a clock has either duration or due_field"),
    ("from: [admitted]", "from: admitted", "clocks[handling].from: is not a list (begin each part with `- `)"),
    ("from: [admitted]", "from: []", "clocks[handling].from: is empty"),
    ("from: [admitted]", "from: ['x y']", "clocks[handling].from[0]: is not written as this must be (a milestone"),
    ("before: P1WD", "percent: 50, before: P1WD", "clocks[handling].steps[soon]: a step has one of"),
    ("to: P10WD", "to: P10", "clocks[handling].extension.to: "),
    ("type: boolean}", "type: flag}", "fields[urgent].type: is not one of: text, choice, boolean, integer"),
    ("type: boolean}", "type: choice}", "fields[urgent]: a choice field has choices"),
    ("type: boolean}", "type: text}", "fields[urgent]: free text may name people"),
    ("at_least: 10}", "at_least: ten}", "classes[major].when.at_least: "),
    ("at_least: 10}", "at_leats: 10}", "classes[major].when.at_leats: is not a word of the language here"),
    ("when: {field: people, at_least: 10}", "when: urgent", "classes[major].when: is not a condition"),
    ("when: {field: people, at_least: 10}", "when: {field: people}", "classes[major].when: a comparison takes exactly"),
    (
        "when: {field: people, at_least: 10}",
        "when: {any: [{all: [{field: people, most: 3}]}]}",
        "classes[major].when.any[0].all[0].most: is not a word of the language here",
    ),
    ("S-{year}-{number:04}", "S-{year}", "numbering.case.pattern: the pattern must contain {number}"),
    ("S-{year}-{number:04}", "S-{yaer}-{number}", "numbering.case.pattern: the pattern knows"),
    ("at: [resolved]", "'on': [resolved]", "notices[result].on: is not a word of the language here (write `at:`)"),
    ("at: [resolved]", "on: [resolved]", "line 77: a plain on is true or false to YAML 1.1 (write `at:`)"),
    (
        "    until: [resolved]\n",
        "    until: [resolved]\n    pauses: [{'on': assigned, until: [resolved]}]\n",
        "clocks[handling].pauses[0].on: is not a word of the language here (write `from:`)",
    ),
    ("type: instant}", "type: instant, required: registration}", "milestones[inspected]: the field by-when comes with"),
    (
        "{id: visit, after: resolved}",
        "{id: visit, after: resolved, fields: [{id: why, label: {zh: 因, en: Why}, type: date, required: requested}]}",
        "follow_ups[visit]: the field why comes with the answer",
    ),
    (
        "  - id: resolved\n",
        "  - {id: refused, name: {zh: 拒, en: R}, within: x}\n  - id: resolved\n",
        "what intake decides is not held",
    ),
    ("type: boolean}", "type: boolean, required: true}", "the field urgent is of a complaint"),
    ("decision: admit", "decision: maybe", "admissibility.rules[named].decision: is not one of: admit, refuse"),
]


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES, ids=[f"{new} -> {says}"[:70] for _, new, says in MISTAKES])
def test_a_mistake_is_reported_with_line_path_and_hint(old: str, new: str, says: str) -> None:
    with pytest.raises(ProcedureError) as refused:
        parse_procedure(changed(old, new), "sample.yaml")
    assert refused.value.field == "sample.yaml"
    assert says in refused.value.message
    assert all(line.startswith("line ") for line in refused.value.message.splitlines())


def test_all_mistakes_of_a_file_come_together_in_the_order_of_its_lines() -> None:
    text = changed("version: 1", "version: one").replace("type: boolean", "type: flag").replace("PT15M", "soon")
    with pytest.raises(ProcedureError) as refused:
        parse_procedure(text, "sample.yaml")
    lines = refused.value.message.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == [
        "version",
        "fields[urgent].type",
        "clocks[clerk].duration",
    ]
    assert refused.value.hint == "3 mistakes"


def test_a_submitted_value_never_stands_in_the_error() -> None:
    with pytest.raises(ProcedureError) as refused:
        parse_procedure(changed("version: 1", "version: Zhang San 13800138000"), "sample.yaml")
    assert "13800138000" not in refused.value.message


def test_a_file_loads_from_disk_and_one_that_is_not_there_is_a_procedure_error(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(SAMPLE, encoding="utf-8")
    assert load_procedure(file) == sample()
    with pytest.raises(ProcedureError, match="cannot be read"):
        load_procedure(tmp_path / "absent.yaml")
    file.write_bytes(b"id: \xff\xfe")
    with pytest.raises(ProcedureError, match="cannot be read"):
        load_procedure(file)


def test_a_loaded_procedure_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(sample(), "version", 2)  # noqa: B010  # an assignment would not pass the type check


def test_a_number_alone_in_source_is_a_fact_of_the_procedures_own() -> None:
    text = changed("{id: letter, name", "{id: letter, source: [7, 114, other.03], name")
    text += "not_enforced: [{fact: 8, why: nobody can see it}]\n"
    found = parse_procedure(text, "sample.yaml")
    (letter,) = (one for one in found.channels if one.id == "letter")
    assert letter.source == ("sample.07", "sample.114", "other.03")
    assert [one.fact for one in found.not_enforced] == ["sample.08"]
    assert parse_procedure(as_yaml(found), "sample.yaml") == found


@pytest.mark.parametrize("fact", ["true", "1.5", "[7]"])
def test_a_fact_is_named_by_its_number_or_in_words(fact: str) -> None:
    with pytest.raises(ProcedureError, match=r"channels\[letter\]\.source\[0\]"):
        parse_procedure(changed("{id: letter, name", f"{{id: letter, source: [{fact}], name"), "sample.yaml")
