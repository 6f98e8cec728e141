"""Reading YAML: plain words, lines, and no trust in the file."""

from __future__ import annotations

import pytest

from shared.errors import ProcedureError
from shared.procedures.yaml_file import MAX_BYTES, read_yaml


def test_words_that_other_readers_turn_into_something_else_stay_text() -> None:
    read = read_yaml(
        "on: [no, yes, 12:30, 010.5.1, 2025-01-31]\nplain: 7\nhalf: 0.5\ntrue_: true\nquoted: '7'\nnone: ~\n"
    )
    assert read.data == {
        "on": ["no", "yes", "12:30", "010.5.1", "2025-01-31"],
        "plain": 7,
        "half": 0.5,
        "true_": True,
        "quoted": "7",
        "none": None,
    }


def test_every_value_has_its_line_and_a_missing_one_that_of_the_part_above() -> None:
    read = read_yaml("a:\n  - x: 1\n  - x: 2\n    y: 3\n")
    assert read.line(("a", 1, "y")) == 4
    assert read.line(("a", 1, "nothing")) == 3
    assert read.line(("nowhere",)) == 1


# text, what the refusal says
HOSTILE = [
    ("a: &x [1]\nb: *x", "line 1: anchors and aliases"),
    ("a: *x", "line 1: anchors and aliases"),
    ("a: 1\nb: !!python/object/apply:os.system [ls]", "line 2: tags"),
    ("a: !!binary aGVsbG8=", "line 1: tags"),
    ("a: 1\na: 2", "line 2: the same key twice"),
    ("? [a, b]\n: 1", "line 1: a key is one word"),
    ("a: " + "[" * 500 + "]" * 500, "line 1: nested deeper"),
    ("a: 1\n---\nb: 2", "line 3: a second document"),
    ("- a\n- b", "line 1: a procedure is a mapping"),
    ("", "line 1: a procedure is a mapping"),
    ("a: [1, 2", "not YAML"),
    ("a: \x00", "not YAML"),
    ("a: " + "x" * MAX_BYTES, "larger than"),
]


@pytest.mark.parametrize(("text", "says"), HOSTILE, ids=[says for _, says in HOSTILE])
def test_a_hostile_or_broken_file_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(ProcedureError) as refused:
        read_yaml(text)
    assert says in refused.value.message
    assert refused.value.hint
