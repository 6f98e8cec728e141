"""After an outage, on a real database with timers that page: what is said of late steps is what the clock declares."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared.events.assignments import CaseClassified
from shared.events.envelope import make
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered
from tests.unit.sla.scenes import procedure

LADDER: dict[str, Any] = {
    "from": ["received"],
    "until": ["resolved"],
    "duration": "PT30M",
    "steps": [
        {"id": "half", "percent": 50},
        {"id": "ten-left", "before": "PT10M"},
        {"id": "hour-over", "after": "PT1H"},
    ],
}
pytestmark = pytest.mark.asyncio


async def drain(bench: Bench, workers: int) -> None:
    """Fire all that is due, with several workers at once."""
    await asyncio.gather(*(bench.fire() for _ in range(workers)))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ({"catch_up": "all"}, ["half", "ten-left", "due", "hour-over"]),
        ({"catch_up": "latest"}, ["due", "hour-over"]),
        ({"catch_up": "skip", "skip_after": "PT1H"}, ["due", "hour-over"]),
        (
            {"catch_up": "latest", "steps": [*LADDER["steps"][:2], {"every": "PT30M"}]},
            ["due", "repeat-4"],
        ),  # 09:30, 10:00, 10:30, 11:00
    ],
)
async def test_a_backlog_says_what_the_clock_declares(
    open_service: Open, mode: dict[str, Any], expected: list[str]
) -> None:
    bench, cases = Bench(await open_service("sla"), procedure({**LADDER, **mode})), [uuid4() for _ in range(60)]
    await bench.apply(*(registered(case) for case in cases))
    bench.clock.set(AT + timedelta(minutes=125))
    await drain(bench, workers=3)
    emitted: dict[Any, list[str]] = {case: [] for case in cases}
    for event in await bench.emitted():
        if step := getattr(event.data, "step", None):
            emitted[event.subject].append(step)
    assert list(emitted.values()) == [expected] * 60


async def test_a_better_target_takes_over_with_its_timers(open_service: Open) -> None:
    major = {
        **LADDER,
        "id": "major",
        "group": "answer",
        "duration": "PT20M",
        "while": {"field": "class", "is": "major"},
    }
    rules = procedure(major, {**LADDER, "id": "other", "group": "answer"})
    bench, case = Bench(await open_service("sla"), rules), uuid4()
    await bench.apply(registered(case))
    bench.clock.set(AT + timedelta(minutes=15))
    await drain(bench, workers=1)
    raised = CaseClassified(class_="major")
    await bench.apply(make("routing", case, ("sample", 1), raised, cause="3", at=AT + timedelta(minutes=15)))
    bench.clock.set(AT + timedelta(minutes=40))
    await drain(bench, workers=2)
    emitted = [
        (type(one.data).__name__.removeprefix("Clock"), getattr(one.data, "clock", ""), getattr(one.data, "step", ""))
        for one in await bench.emitted()
    ]
    assert emitted == [
        ("Started", "other", ""),
        ("Warned", "other", "half"),
        ("Started", "major", ""),
        ("Warned", "major", "half"),
        ("Warned", "major", "ten-left"),
        ("Cancelled", "other", ""),
        ("Breached", "major", "due"),
    ]
