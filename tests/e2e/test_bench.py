"""`huiyin bench timers`, small: every step is fired, each round is reported, and the two stacks are compared."""

from __future__ import annotations

import json
import subprocess

import pytest

from huiyin.bench.timers.rounds import combined, undisturbed
from tests.running import HUIYIN

SMALL = ["--rates=200", "--seconds=2", "--rounds=1", "--again=0", "--backlog=1000", "--armed=1000", "--pending=2000"]


@pytest.mark.timeout(600)
def test_timers_are_measured_alone_and_beside_many_pending() -> None:
    words = [HUIYIN, "bench", "timers", *SMALL, "--json"]
    run = subprocess.run(words, capture_output=True, text=True, timeout=500)
    assert run.returncode == 0, run.stderr[-2000:]
    found = json.loads(run.stdout)
    for name, count in (("200/s", 400), ("drain", 1_000)):
        for suffix in ("", ", 2,000 pending"):
            figures = found[name + suffix]
            assert (figures["fired"], figures["lost"], len(figures["rounds"])) == (count, 0, 1)
    paced = found["200/s"]
    assert 0 < paced["p50_ms"] <= paced["p99_ms"] <= paced["max_ms"]
    assert found["200/s, beside/alone"].keys() == {"p50_ms", "p99_ms"}
    assert found["drain, beside/alone"].keys() == {"per_second"}
    assert found["arm"]["timers_of_cases_per_second"] > 0


def test_rates_that_are_no_numbers_are_refused_by_name() -> None:
    run = subprocess.run([HUIYIN, "bench", "timers", "--rates", "500,x"], capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert "--rates" in run.stderr


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("stolen", "taken"),
    [([0.0], (0.0, 0)), ([0.3, 0.01], (0.01, 1)), ([0.3, 0.2, 0.5, 0.4, 0.0], (0.2, 3))],
)
async def test_a_round_that_was_robbed_is_measured_again(stolen: list[float], taken: tuple[float, int]) -> None:
    left = iter(stolen)

    async def measure() -> dict[str, float]:
        return {"stolen_cores": next(left)}

    assert tuple((await undisturbed(measure, again=3)).values()) == taken


def test_several_rounds_say_their_median_their_sum_and_their_maximum() -> None:
    rounds = [{"lost": n, "p99_ms": p99, "max_ms": p99 * 2} for n, p99 in ((0, 20.0), (1, 90.0), (0, 22.0))]
    assert combined(rounds) == {"lost": 1, "p99_ms": 22.0, "max_ms": 180.0}
