"""`huiyin bench timers`: lateness at several rates, draining, the same beside many pending timers, and arming."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from huiyin.bench.group import bench_group
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from huiyin.bench.timers.environment import BenchEnvironment
    from huiyin.bench.timers.rounds import Figures, Rounds


def register(app: typer.Typer) -> None:
    """Add `bench timers` to `huiyin`."""
    bench_group(app).command("timers")(timers)


def timers(
    rates: Annotated[str, typer.Option(help="steps a second to measure the lateness at")] = "500,4000,10000,16000",
    seconds: Annotated[int, typer.Option(min=1, help="how long each rate is kept")] = 10,
    rounds: Annotated[int, typer.Option(min=1, help="rounds of each measurement; the median counts")] = 3,
    again: Annotated[
        int, typer.Option(min=0, help="how often a round of which much was stolen is measured again, at most")
    ] = 3,
    backlog: Annotated[int, typer.Option(min=1000, help="overdue steps to drain")] = 100_000,
    pending: Annotated[
        int, typer.Option(min=0, help="timers of the far future in a second stack, measured in turns; 0: none")
    ] = 1_000_000,
    armed: Annotated[int, typer.Option(min=1000, help="timers to arm")] = 200_000,
    as_json: Annotated[bool, typer.Option("--json", help="as JSON, each round among it")] = False,
) -> None:
    """Measure durable timers: from due to written, published and acknowledged by the broker.

    Starts a broker, a database and the sla service of its own in a temporary folder, and the same again for the pending
    timers; takes half an hour. A round in which other machines on the host took more than a little of this one's
    processors is measured again, and that of which least was taken counts.
    """
    from huiyin.bench.timers.environment import open_environment

    chosen = _Chosen(_numbers(rates), seconds, rounds, again, backlog, pending, armed)

    def progress(line: str) -> None:
        if not as_json:
            print(line, file=sys.stderr, flush=True)

    with contextlib.ExitStack() as opened:
        environments = [opened.enter_context(open_environment(progress)) for _ in range(2 if pending else 1)]
        figures = asyncio.run(_measure(environments, chosen, progress))
    if as_json:
        print(json.dumps(figures))


@dataclass(frozen=True)
class _Chosen:
    rates: list[int]
    seconds: int
    rounds: int
    again: int
    backlog: int
    pending: int
    armed: int


def _numbers(text: str) -> list[int]:
    try:
        found = [int(word) for word in text.split(",")]
    except ValueError:
        found = []
    if not found or min(found) < 1:
        raise InvalidInput("whole numbers above zero, with commas between them", field="--rates")
    return found


async def _measure(
    environments: list[BenchEnvironment], chosen: _Chosen, progress: Callable[[str], None]
) -> dict[str, Any]:
    from huiyin.bench.timers.arming import arm
    from huiyin.bench.timers.rounds import Rounds, combined, undisturbed
    from shared.messaging.database import open_database

    figures: dict[str, Any] = {}

    def note(name: str, found: Figures) -> None:
        figures[name] = found
        progress(_line(name, found))

    async def in_turns(name: str, round_: Callable[[Rounds], Awaitable[Figures]]) -> None:
        """So that what else the machine does weighs on all courses alike."""
        names = [name + suffix for suffix in courses]
        found: dict[str, list[Figures]] = {each: [] for each in names}
        for number in range(chosen.rounds):
            for each, course in zip(names, courses.values(), strict=True):
                measure = functools.partial(round_, course)
                found[each].append(await undisturbed(measure, again=chosen.again))
                progress(_line(f"  {each} ({number + 1} of {chosen.rounds})", found[each][-1]))
        for each, several in found.items():
            note(each, combined(several))
            figures[each]["rounds"] = several
        if len(names) > 1:
            alone, beside = (figures[each] for each in names)
            compared = [one for one in ("p50_ms", "p99_ms", "per_second") if one in alone]
            note(f"{name}, beside/alone", {one: round(beside[one] / alone[one], 2) for one in compared})

    async with contextlib.AsyncExitStack() as opened:
        engines = [open_database(environment.database) for environment in environments]
        for engine in engines:
            opened.push_async_callback(engine.dispose)
        suffixes = ["", f", {chosen.pending:,} pending"]
        courses = {
            suffix: Rounds(environment, engine, [other for other in environments if other is not environment])
            for suffix, environment, engine in zip(suffixes, environments, engines, strict=False)
        }
        note("machine", {"additions_per_microsecond": _speed()})
        for course in courses.values():
            # not counted: servers and service that have run for a while have compiled their paths, and a log to reuse
            await course.drain(chosen.backlog)
        if chosen.pending:
            progress(f"planting {chosen.pending:,} timers of the far future")
            await courses[suffixes[1]].plant_far(chosen.pending)
        for rate in chosen.rates:
            await in_turns(f"{rate}/s", lambda course, rate=rate: course.paced(rate, chosen.seconds))  # type: ignore[misc]
        await in_turns("drain", lambda course: course.drain(chosen.backlog))
        note("arm", await arm(engines[0], chosen.armed))  # last: its cases are looked after from then on
    return figures


def _line(name: str, found: Figures) -> str:
    return f"{name:<34} " + "  ".join(f"{key} {value:,}" for key, value in found.items())


def _speed() -> float:
    """What one processor does just then: additions of small integers a microsecond, in Python."""
    begun = time.perf_counter()
    total = 0
    for n in range(3_000_000):
        total += n
    return round(3 / (time.perf_counter() - begun), 1)
