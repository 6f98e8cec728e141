"""Reading YAML: plain words, lines, and no trust in the file."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ProcedureError
from shared.procedures.yaml_file import MAX_BYTES, read_yaml


def test_plain_words_and_numbers_are_read_as_every_reader_reads_them() -> None:
    read = read_yaml(
        "texts: ['no', \"yes\", '12:30', 010.5.1, 2025-01-31, v1.2, north, 1st]\n"
        "plain: 7\nhalf: 0.5\ntrue_: true\nquoted: '7'\nnone: ~\n"
    )
    assert read.data == {
        "texts": ["no", "yes", "12:30", "010.5.1", "2025-01-31", "v1.2", "north", "1st"],
        "plain": 7,
        "half": 0.5,
        "true_": True,
        "quoted": "7",
        "none": None,
    }


TRAPS = [
    *("yes", "No", "on", "OFF", "y", "N", "TRUE", "NULL", "12:30", "1:02:03", "0123", "007", "1_000", "1_0.5"),
    *("0x1f", "0o17", ".inf", "1e3", "1.", ".5"),
]


@pytest.mark.parametrize("word", TRAPS)
def test_a_word_that_yaml_1_1_reads_otherwise_is_refused_with_its_line(word: str) -> None:
    for text in (f"a: 1\nb: {word}\n", f"a: 1\nb: [x, {word}]\n", f"a: 1\n{word}: x\n"):
        with pytest.raises(ProcedureError, match=r"^line 2: ") as refused:
            read_yaml(text)
        assert refused.value.hint == ("write `at:`" if text.endswith("on: x\n") else f"put quotes: '{word}'")
        assert read_yaml(text.replace(word, f"'{word}'")).data


@given(st.from_regex(r"[-+0-9_.:eoxynYNabfinTRUE]{1,8}", fullmatch=True))
def test_what_is_read_as_text_or_number_is_the_same_to_yaml_1_1(word: str) -> None:
    try:
        ours = read_yaml(f"a: {word}\n").data["a"]
    except ProcedureError:
        return
    theirs = yaml.safe_load(f"a: {word}\n")["a"]
    assert theirs == ours
    assert type(theirs) is type(ours)


def test_every_value_has_its_line_and_a_missing_one_that_of_the_part_above() -> None:
    read = read_yaml("a:\n  - x: 1\n  - x: 2\n    z: 3\n")
    assert read.line(("a", 1, "z")) == 4
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
