"""Formulas of amounts: decimal to the cent, and a reason where there is no amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.procedures.formulas import LARGEST, Formula, Undecided, depth_of, evaluate, fields_of, text_of

FORMULA: TypeAdapter[Any] = TypeAdapter(Formula)
FACTS = {"loss": "120.50", "charge": 12, "lost": "30.00", "total": "90.00", "none": 0, "word": "abc", "flag": True}


@pytest.mark.parametrize(
    ("formula", "amount", "text"),
    [
        (20, "20.00", "20"),
        (0.1, "0.10", "0.1"),
        ("charge", "12.00", "charge"),
        ({"field": "loss"}, "120.50", "loss"),
        ({"min": [{"field": "loss"}, {"times": 5, "of": "charge"}]}, "60.00", "min(loss, 5 × charge)"),
        ({"max": ["loss", 10000]}, "10000.00", "max(loss, 10000)"),
        ({"sum": ["loss", "charge", 0.25]}, "132.75", "(loss + charge + 0.25)"),
        ({"percent": 3, "of": "loss"}, "3.62", "3 % × loss"),  # 3.615: half a cent is rounded up
        ({"share": ["lost", "total"], "of": "loss"}, "40.17", "loss × lost ÷ total"),
        ({"times": "charge", "of": 10}, "120.00", "charge × 10"),
        ({"share": ["none", "total"], "of": "loss"}, "0.00", "loss × none ÷ total"),
        ({"sum": [0.1] * 10}, "1.00", None),
        ({"by": "word", "abc": 500, "else": 100}, "500.00", "word(abc: 500, else: 100)"),
        ({"by": "word", "other": "unheard-of", "else": {"times": 2, "of": "charge"}}, "24.00", None),
        ({"by": "unheard-of", "other": 500, "else": 100}, "100.00", None),  # not known: the rest
        ({"by": "flag", "true": 30, "false": 10}, "30.00", "flag(true: 30, false: 10)"),
        ({"min": [{"by": "word", "abc": "loss", "else": 1}, 100]}, "100.00", "min(word(abc: loss, else: 1), 100)"),
    ],
)
def test_an_amount_is_exact_to_the_cent_and_shown_as_a_line(formula: Any, amount: str, text: str | None) -> None:
    read = FORMULA.validate_python(formula)
    assert str(evaluate(read, FACTS)) == amount
    assert text is None or text_of(read) == text
    assert FORMULA.validate_python(FORMULA.dump_python(read, mode="json")) == read


@pytest.mark.parametrize(
    ("formula", "reason", "fields"),
    [
        ("unheard-of", "not-known", ("unheard-of",)),
        ({"sum": ["loss", "b", "a", "word", "flag"]}, "not-known", ("a", "b", "flag", "word")),
        ({"share": ["lost", "none"], "of": "loss"}, "division-by-zero", ()),
        ({"by": "unheard-of", "abc": 500}, "not-known", ("unheard-of",)),
        ({"by": "word", "xyz": 500}, "not-known", ("word",)),
        ({"by": "word", "abc": {"sum": ["a", "loss"]}, "else": "b"}, "not-known", ("a",)),
        ({"share": ["none", "none"], "of": "loss"}, "division-by-zero", ()),
        ({"times": 999_999_999_999, "of": "loss"}, "out-of-range", ()),
    ],
)
def test_where_there_is_no_amount_the_reason_is_given(formula: Any, reason: str, fields: tuple[str, ...]) -> None:
    assert evaluate(FORMULA.validate_python(formula), FACTS) == Undecided(reason, fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("debt", ["-5.00", "-0.01"])
def test_a_negative_amount_is_out_of_range(debt: str) -> None:
    assert evaluate(FORMULA.validate_python("debt"), {"debt": debt}) == Undecided("out-of-range")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "", None, 1.5, []])
def test_what_is_no_number_is_not_known(value: Any) -> None:
    assert evaluate(FORMULA.validate_python("x"), {"x": value}) == Undecided("not-known", ("x",))


@pytest.mark.parametrize(
    "formula",
    [-1, True, float("nan"), float("inf"), 10**12, {"min": []}, {"times": 5}, {"share": ["a"], "of": "b"},
     {"by": "a", "b": -1}, {"by": 3, "b": 1}, {"b": 1}, {"by": "a", "b": {"by": "c", "else": "A B"}},
     {"percent": "x", "of": "a"}, {"min": ["a"], "max": ["b"]}, {"power": 2}, "A B", {"field": "a", "of": 3}],
)  # fmt: skip
def test_what_is_no_formula_is_refused(formula: Any) -> None:
    with pytest.raises(ValidationError):
        FORMULA.validate_python(formula)


AMOUNTS = st.decimals(min_value=0, max_value=10**6, places=2)
LEAVES = st.one_of(st.integers(0, 10**6), st.sampled_from(["loss", "charge"]))
FORMULAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"min": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"max": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"sum": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"times": inner, "of": inner}),
        st.fixed_dictionaries({"percent": st.integers(0, 200), "of": inner}),
        st.fixed_dictionaries({"share": st.tuples(inner, inner), "of": inner}),
        st.fixed_dictionaries({"by": st.just("loss"), "10.00": inner, "else": inner}),
    ),
    max_leaves=8,
)


@given(FORMULAS, AMOUNTS, st.integers(0, 10**6))
def test_every_formula_gives_an_amount_in_range_or_a_reason(formula: Any, loss: Decimal, charge: int) -> None:
    read = FORMULA.validate_python(formula)
    found = evaluate(read, {"loss": str(loss), "charge": charge})
    assert isinstance(found, Undecided) or (0 <= found <= LARGEST and found.as_tuple().exponent == -2)
    assert text_of(read)
    assert depth_of(read) >= 1
    assert fields_of(read) <= {"loss", "charge"}


@given(st.lists(AMOUNTS, min_size=1, max_size=6))
def test_min_max_and_sum_are_those_of_decimal(amounts: list[Decimal]) -> None:
    facts = {f"a-{place}": str(amount) for place, amount in enumerate(amounts)}
    for word, wanted in (("min", min(amounts)), ("max", max(amounts)), ("sum", sum(amounts))):
        assert evaluate(FORMULA.validate_python({word: list(facts)}), facts) == wanted
