"""`huiyin bench business-time`: what the arithmetic of deadlines costs, measured in one run on this machine.

Every figure is the best of several short rounds, and what is compared is measured in turns, so that other work on the
machine weighs on both. `workclock` is the peer where it is installed.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from huiyin.bench.group import bench_group
from huiyin.bench.lines import MEANINGS, measure_command

_DAY = 86_400
_START = datetime(2024, 1, 1, tzinfo=UTC)
_MEANINGS = {
    "add_per_second": "business-time additions (whole microseconds in and out)",
    "due_per_second": "due dates in opening hours (datetimes in and out)",
    "working_days_due_per_second": "due dates in working days (datetimes in and out)",
    "workclock_add_per_second": "the same additions by workclock, on a week without holidays",
    "own_add_on_that_week_per_second": "and ours on that week, datetimes in and out",
    "add_cost_10_years_to_1_day": "cost of adding 10 years of business time, in costs of adding 1 day",
    "elapsed_cost_10_years_to_1_day": "cost of measuring a span of 10 years, in costs of 1 day",
    "lines_per_second": "questions answered as JSON lines",
    "json_round_trips_per_second": "the same lines parsed and written by the json module, nothing computed",
    "line_cost_in_json_round_trips": "cost of an answered line, in bare round trips",
    **MEANINGS,
}


def register(app: typer.Typer) -> None:
    """Add `bench business-time` to `huiyin`."""
    bench_group(app).command("business-time")(business_time)


def business_time(
    as_json: Annotated[bool, typer.Option("--json", help="as JSON")] = False,
    rounds: Annotated[int, typer.Option(min=1, help="rounds of each measurement; the best counts")] = 20,
    lines: Annotated[int, typer.Option(min=0, help="lines of each kind for the command as a whole; 0: none")] = 300_000,
) -> None:
    """Measure the arithmetic of deadlines: additions, due dates, lines; and what a longer span costs."""
    figures = measure(rounds) | measure_command(lines)
    if as_json:
        print(json.dumps(figures))
        return
    for name, figure in figures.items():
        shown = "not measured" if figure is None else f"{figure:,.0f}" if figure >= 1_000 else f"{figure:.2f}"
        print(f"{shown:>14}  {_MEANINGS[name]}")


def measure(rounds: int) -> dict[str, float | None]:
    """All figures by name; None where the peer is not installed."""
    from huiyin.compute.lines import Lines
    from shared.business_time.compiled import compiled
    from shared.business_time.due import due
    from shared.business_time.durations import Duration
    from shared.business_time.loader import load_calendars
    from shared.business_time.zones import SECOND, micros

    dice = random.Random(1)  # noqa: S311  # the same questions every time
    starts = [_START + timedelta(seconds=dice.randrange(2 * 365 * _DAY)) for _ in range(2_000)]
    calendars = load_calendars()
    cn = calendars["cn"]
    axis, at = compiled(cn), [micros(start) for start in starts]
    day, decade = 7 * 3_600 * SECOND, 10 * 250 * 7 * 3_600 * SECOND
    later, much_later = [us + _DAY * SECOND for us in at], [us + 3_650 * _DAY * SECOND for us in at]
    hours, days = Duration.parse("PT16H"), Duration.parse("P15WD")
    lines = _lines(starts)
    answer = Lines(lambda: calendars).answer

    def round_trips() -> None:
        for line in lines:
            json.dumps(json.loads(line))

    costs = _best(
        rounds,
        {
            "add": lambda: [axis.add(us, day) for us in at],
            "add decade": lambda: [axis.add(us, decade) for us in at],
            "elapsed": lambda: [axis.elapsed(us, end) for us, end in zip(at, later, strict=True)],
            "elapsed decade": lambda: [axis.elapsed(us, end) for us, end in zip(at, much_later, strict=True)],
            "due": lambda: [due(start, hours, cn, time_basis="business") for start in starts],
            "due days": lambda: [due(start, days, cn, time_basis="business") for start in starts],
            "lines": lambda: [answer(line) for line in lines],
            "json": round_trips,
            **_peer(starts),
        },
    )
    per_second = {name: len(starts) / seconds for name, seconds in costs.items()}
    return {
        "add_per_second": per_second["add"],
        "due_per_second": per_second["due"],
        "working_days_due_per_second": per_second["due days"],
        "workclock_add_per_second": per_second.get("peer"),
        "own_add_on_that_week_per_second": per_second.get("own"),
        "add_cost_10_years_to_1_day": costs["add decade"] / costs["add"],
        "elapsed_cost_10_years_to_1_day": costs["elapsed decade"] / costs["elapsed"],
        "lines_per_second": per_second["lines"],
        "json_round_trips_per_second": per_second["json"],
        "line_cost_in_json_round_trips": costs["lines"] / costs["json"],
    }


def _best(rounds: int, tasks: dict[str, Callable[[], object]]) -> dict[str, float]:
    """The shortest time of each task in seconds; a first round, which compiles, is not measured."""
    best = dict.fromkeys(tasks, float("inf"))
    for task in tasks.values():
        task()
    for _ in range(rounds):
        for name, task in tasks.items():
            begun = time.perf_counter()
            task()
            best[name] = min(best[name], time.perf_counter() - begun)
    return best


def _lines(starts: list[datetime]) -> list[str]:
    """Questions that define their calendar in the line, additions and measurements in turn."""
    office = [["09:00", "12:00"], ["13:30", "17:30"]]
    definition: dict[str, Any] = {
        "tz": "Asia/Shanghai",
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), office),
        "holidays": ["2024-01-01", "2024-02-12", "2025-01-28", "2025-10-01"],
    }
    return [
        json.dumps(
            definition
            | (
                {"kind": "add", "start": start.isoformat(), "amount": f"PT{1 + index % 90}H"}
                if index % 2
                else {
                    "kind": "elapsed",
                    "start": start.isoformat(),
                    "end": (start + timedelta(hours=1 + index)).isoformat(),
                }
            )
        )
        for index, start in enumerate(starts)
    ]


def _peer(starts: list[datetime]) -> dict[str, Callable[[], object]]:
    """The same additions by workclock and by us, on a week of office hours; nothing if it is not installed."""
    try:
        import workclock
    except ImportError:
        return {}
    from datetime import time as clock_time

    from shared.business_time.calendars import calendar_from
    from shared.business_time.due import due
    from shared.business_time.durations import Duration

    week = {name: [["09:00", "17:30"]] for name in ("mon", "tue", "wed", "thu", "fri")}
    own = calendar_from({"id": "bench", "version": "1", "time_zone": "Asia/Shanghai", "week": week})
    peer = workclock.Schedule([workclock.WorkDay(clock_time(9), clock_time(17, 30))], time_zone="Asia/Shanghai")
    hours, delta = Duration.parse("PT16H"), timedelta(hours=16)
    return {
        "peer": lambda: [peer.add(start, delta) for start in starts],
        "own": lambda: [due(start, hours, own, time_basis="business") for start in starts],
    }


if __name__ == "__main__":
    typer.run(business_time)
