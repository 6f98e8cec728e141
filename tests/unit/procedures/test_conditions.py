"""Conditions: Kleene's three values, every operator, and what the explanation says."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from huiyin.bench.conditions import by_hand, facts_of_cases, measure
from shared.procedures.conditions import ORDERED, Condition, because, fields_of, holds
from shared.procedures.describe import describe

_ADAPTER: TypeAdapter[Condition] = TypeAdapter(Condition)

T, F, U = True, False, None
A, B = {"field": "a", "is": True}, {"field": "b", "is": True}


def condition(data: Any) -> Condition:
    return _ADAPTER.validate_python(data)


# a, b, all, any, not a: Kleene's strong logic of indeterminacy (1938), with U for "unknown".
TRUTH = [
    (T, T, T, T, F),
    (T, F, F, T, F),
    (T, U, U, T, F),
    (F, T, F, T, T),
    (F, F, F, F, T),
    (F, U, F, U, T),
    (U, T, U, T, U),
    (U, F, F, U, U),
    (U, U, U, U, U),
]


@pytest.mark.parametrize(("a", "b", "both", "either", "not_a"), TRUTH)
def test_all_any_and_not_follow_kleenes_tables(a: Any, b: Any, both: Any, either: Any, not_a: Any) -> None:
    facts = {"a": a, "b": b}
    assert holds(condition({"all": [A, B]}), facts) is both
    assert holds(condition({"any": [A, B]}), facts) is either
    assert holds(condition({"not": A}), facts) is not_a


# condition, value of `x`, verdict
COMPARISONS = [
    ({"is": "red"}, "red", T),
    ({"is": "red"}, "blue", F),
    ({"is": "red"}, None, U),
    ({"is_not": "red"}, "blue", T),
    ({"is_not": "red"}, None, U),
    ({"in": ["red", "blue"]}, "blue", T),
    ({"in": ["red", "blue"]}, "green", F),
    ({"not_in": ["red"]}, "green", T),
    ({"not_in": ["red"]}, "red", F),
    ({"at_least": 3}, 3, T),
    ({"at_least": 3}, 2, F),
    ({"more_than": 3}, 3, F),
    ({"more_than": 3}, 4, T),
    ({"at_most": 3}, 3, T),
    ({"at_most": 3}, 4, F),
    ({"less_than": 3}, 2, T),
    ({"less_than": 3}, 3, F),
    ({"at_least": 3}, "three", U),
    ({"contains": "phone"}, ["name", "phone"], T),
    ({"contains": "phone"}, [], F),
    ({"contains": "phone"}, None, U),
    ({"known": True}, "anything", T),
    ({"known": True}, None, F),
    ({"known": False}, None, T),
    ({"known": False}, 0, F),
    ({"is": False}, False, T),
]


@pytest.mark.parametrize(("comparison", "value", "verdict"), COMPARISONS)
def test_each_operator_compares_as_its_name_says(comparison: dict[str, Any], value: Any, verdict: Any) -> None:
    assert holds(condition({"field": "x", **comparison}), {"x": value}) is verdict


def test_a_fact_that_is_missing_is_as_unknown_as_one_that_is_none() -> None:
    assert holds(condition(A), {}) is None


def test_a_milestone_is_reached_or_not_but_never_unknown() -> None:
    reached = condition({"reached": "resolved"})
    assert holds(reached, {"reached:resolved": True}) is True
    assert holds(reached, {}) is False


def test_no_condition_and_always_hold_whatever_the_facts() -> None:
    assert holds(None, {}) is True
    assert holds(condition({"always": True}), {}) is True


@pytest.mark.parametrize("data", [{"field": "x"}, {"field": "x", "is": 1, "in": [1]}, {"all": []}, {"always": False}])
def test_a_condition_that_says_nothing_or_two_things_is_refused(data: Any) -> None:
    with pytest.raises(ValidationError):
        condition(data)


NAMES = ("a", "b", "c")
_leaves = st.sampled_from(NAMES).map(lambda name: {"field": name, "is": True})
_trees = st.recursive(
    _leaves,
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(below, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        below.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)
_facts = st.fixed_dictionaries({name: st.sampled_from([T, F, U]) for name in NAMES})


@given(st.lists(_trees, min_size=1, max_size=3), _facts)
def test_de_morgan_holds_for_unknown_too(parts: list[Any], facts: dict[str, Any]) -> None:
    left = condition({"not": {"all": parts}})
    right = condition({"any": [{"not": part} for part in parts]})
    assert holds(left, facts) is holds(right, facts)


@given(_trees, _facts)
def test_learning_a_fact_never_turns_a_verdict_round(tree: Any, facts: dict[str, Any]) -> None:
    before = holds(condition(tree), facts)
    learnt = {name: T if value is None else value for name, value in facts.items()}
    assert before is None or holds(condition(tree), learnt) is before


@given(_trees)
def test_what_nobody_has_reported_fires_nothing(tree: Any) -> None:
    assert holds(condition(tree), {}) is None


def plainly(tree: Any, facts: Mapping[str, Any]) -> bool | None:
    """A condition judged from its data, as the guide says it in words: slow, and without anything compiled."""
    if "all" in tree or "any" in tree:
        verdicts = [plainly(part, facts) for part in tree.get("all") or tree["any"]]
        decides = "any" in tree  # one true decides `any`, one false decides `all`
        return decides if decides in verdicts else None if None in verdicts else not decides
    if "not" in tree:
        inner = plainly(tree["not"], facts)
        return None if inner is None else not inner
    if "reached" in tree or "always" in tree:
        return "always" in tree or bool(facts.get(f"reached:{tree['reached']}"))
    (operator,) = tree.keys() - {"field"}
    value, operand = facts.get(tree["field"]), tree[operator]
    if operator == "known":
        return (value is not None) is operand
    if value is None:
        return None
    if operator in ORDERED:
        number = Fraction(value) if isinstance(value, int) or "." in value else None
        if number is None:
            return None
        bound = Fraction(str(operand))
        tests = {"at_least": number >= bound, "more_than": number > bound, "at_most": number <= bound}
        return tests.get(operator, number < bound)
    if operator == "contains":
        return operand in value if isinstance(value, list | str) else None
    if isinstance(value, list):
        return operator in ("is_not", "not_in")  # a list is none of the words
    return {"is": value == operand, "is_not": value != operand}.get(
        operator, (value in operand) is (operator == "in") if isinstance(operand, list) else None
    )


_words = st.sampled_from(["red", "blue", "green"])
_comparisons = st.one_of(
    *(st.fixed_dictionaries({name: _words}) for name in ("is", "is_not", "contains")),
    *(st.fixed_dictionaries({name: st.lists(_words, min_size=1, max_size=2)}) for name in ("in", "not_in")),
    *(st.fixed_dictionaries({name: st.sampled_from([0, 1, 2, 0.1, 2.5])}) for name in ORDERED),
    st.fixed_dictionaries({"known": st.booleans()}),
)
_whole_trees = st.recursive(
    st.one_of(
        st.tuples(st.sampled_from(NAMES), _comparisons).map(lambda both: {"field": both[0], **both[1]}),
        st.sampled_from([{"reached": "resolved"}, {"always": True}]),
    ),
    lambda below: st.one_of(
        st.lists(below, min_size=1, max_size=4).map(lambda parts: {"all": parts}),
        st.lists(below, min_size=1, max_size=4).map(lambda parts: {"any": parts}),
        below.map(lambda part: {"not": part}),
    ),
    max_leaves=12,
)
_values = st.sampled_from([None, "red", "blue", 0, 1, 2, 3, "0.10", "2.50", "2.51", ["red"], ["blue", "green"], []])
_any_facts = st.fixed_dictionaries(
    dict.fromkeys(NAMES, _values), optional={"reached:resolved": st.booleans()}
)  # fmt: skip


@given(_whole_trees, st.lists(_any_facts, min_size=1, max_size=4))
def test_a_compiled_condition_says_what_the_plain_reading_says(tree: Any, several: list[dict[str, Any]]) -> None:
    compiled = condition(tree)
    for facts in several:
        assert holds(compiled, facts) is plainly(tree, facts)


def test_each_condition_object_is_judged_as_itself_however_many_there_are() -> None:
    many = [condition({"field": "people", "at_least": number}) for number in range(300)]
    for _ in range(2):
        assert [holds(one, {"people": 150}) for one in many] == [number <= 150 for number in range(300)]
    changed = many[0].model_copy(update={"at_least": 1000})  # as `prove` changes figures
    assert holds(changed, {"people": 150}) is False


def test_the_measure_of_conditions_counts_both_ways_of_judging() -> None:
    figures = measure(rounds=1)
    assert all(figure > 0 for figure in figures.values())
    assert {by_hand(facts) for facts in facts_of_cases(200)} == {True, False, None}


@given(_trees)
def test_the_fields_of_a_condition_are_the_leaves_of_its_tree(tree: Any) -> None:
    def leaves(node: Any) -> set[str]:
        if "field" in node:
            return {node["field"]}
        return set().union(*(leaves(part) for part in node.get("all") or node.get("any") or [node["not"]]))

    assert fields_of(condition(tree)) == leaves(tree)


def test_the_explanation_names_the_clauses_that_decided_and_no_value() -> None:
    tested = condition({"any": [{"field": "people", "at_least": 10}, {"field": "kind", "is": "goods"}]})
    assert because(tested, {"people": 12, "kind": "secret"}) == ["people at_least 10.0: yes"]
    assert because(tested, {"people": 2, "kind": "secret"}) == ["people at_least 10.0: no", "kind is goods: no"]


# condition, zh, en
WORDS = [
    ({"field": "people", "at_least": 10}, "people ≥ 10", "people ≥ 10"),
    ({"field": "kind", "in": ["a", "b"]}, "kind 属于 a, b", "kind in a, b"),
    ({"field": "kind", "known": False}, "kind 未知", "kind is not known"),
    ({"field": "vip", "is": True}, "vip = 是", "vip = yes"),
    ({"not": {"reached": "resolved"}}, "非(已发生 resolved)", "not (resolved has happened)"),
    ({"all": [A, {"any": [A, B]}]}, "a = 是 且 (a = 是 或 b = 是)", "a = yes and (a = yes or b = yes)"),
]


@pytest.mark.parametrize(("data", "zh", "en"), WORDS)
def test_a_condition_reads_as_a_sentence_in_both_languages(data: Any, zh: str, en: str) -> None:
    assert describe(condition(data), "zh") == zh
    assert describe(condition(data), "en") == en
