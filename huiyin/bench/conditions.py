"""`huiyin bench conditions`: what judging a condition costs, beside the same five clauses written out in Python.

Every figure is the best of several short rounds, and what is compared is measured in turns, so that other work on the
machine weighs on both.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from huiyin.bench.group import bench_group

CLAUSES: Mapping[str, Any] = {
    "all": [
        {"field": "channel", "in": ["telephone", "online"]},
        {"field": "people", "at_least": 5},
        {"not": {"field": "class", "is": "general"}},
        {"any": [{"field": "injury", "is": True}, {"reached": "escalated:manager"}]},
    ]
}
"""Five comparisons, joined as rules join them."""

_MEANINGS = {
    "conditions_per_second": "evaluations of a condition with five clauses, each of which is judged",
    "reference_per_second": "the same five clauses as a function written by hand, in the same loop",
    "cost_in_references": "cost of an evaluation, in costs of the function",
    "compiled_per_second": "conditions read from data and compiled",
}


def register(app: typer.Typer) -> None:
    """Add `bench conditions` to `huiyin`."""
    bench_group(app).command("conditions")(conditions)


def conditions(
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="rounds of each measurement; the best counts")] = 30,
) -> None:
    """Measure how fast conditions are judged."""
    figures = measure(rounds)
    if as_json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        shown = f"{figure:,.0f}" if figure >= 1_000 else f"{figure:.2f}"
        print(f"{shown:>14}  {_MEANINGS[name]}")


def measure(rounds: int) -> dict[str, float]:
    """All figures by name."""
    from pydantic import TypeAdapter

    from shared.procedures.conditions import Condition, compile_condition, holds

    adapter: TypeAdapter[Condition] = TypeAdapter(Condition)
    condition, cases = adapter.validate_python(CLAUSES), facts_of_cases(5_000)
    if [holds(condition, facts) for facts in cases] != [by_hand(facts) for facts in cases]:
        raise AssertionError("the function that is compared with says something else")

    def judged(judge: Callable[[Mapping[str, Any]], bool | None]) -> float:
        begun = time.perf_counter()
        for facts in cases:
            judge(facts)
        return time.perf_counter() - begun

    def compiled() -> float:
        begun = time.perf_counter()
        for _ in range(200):
            compile_condition(adapter.validate_python(CLAUSES))
        return time.perf_counter() - begun

    own, reference, compiling = [], [], []
    for _ in range(rounds):
        own.append(judged(lambda facts: holds(condition, facts)))
        reference.append(judged(by_hand))
        compiling.append(compiled())
    return {
        "conditions_per_second": len(cases) / min(own),
        "reference_per_second": len(cases) / min(reference),
        "cost_in_references": min(own) / min(reference),
        "compiled_per_second": 200 / min(compiling),
    }


def facts_of_cases(count: int) -> list[dict[str, Any]]:
    """Facts as cases have them, some not known, for which each of the five clauses has to be judged."""
    dice = random.Random(1)  # noqa: S311  # the same cases every time
    return [
        {
            "channel": dice.choice(("telephone", "online", None)),
            "people": dice.choice((5, 12, None)),
            "class": dice.choice(("major", "hot", None)),
            "injury": dice.choice((False, None)),
            "department": "desk",
            "received.period": "off-hours",
            **({"reached:escalated:manager": True} if dice.random() < 0.5 else {}),
        }
        for _ in range(count)
    ]


def by_hand(facts: Mapping[str, Any]) -> bool | None:
    """`CLAUSES` as somebody would write them for these facts, three-valued."""
    unknown = False
    channel = facts.get("channel")
    if channel is None:
        unknown = True
    elif channel not in ("telephone", "online"):
        return False
    people = facts.get("people")
    if people is None:
        unknown = True
    elif people < 5:
        return False
    class_ = facts.get("class")
    if class_ is None:
        unknown = True
    elif class_ == "general":
        return False
    injury = facts.get("injury")
    if not (injury is True or facts.get("reached:escalated:manager")):
        if injury is not None:
            return False
        unknown = True
    return None if unknown else True
