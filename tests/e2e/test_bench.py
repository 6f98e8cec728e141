"""`huiyin bench timers` measures the real service: nothing is lost while it does, and every figure is there."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.running import HUIYIN

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]


def test_the_measurements_lose_nothing_and_give_their_figures() -> None:
    words = [
        HUIYIN,
        "bench",
        "timers",
        "--json",
        "--rates",
        "200",
        "--seconds",
        "2",
        "--backlog",
        "2000",
        "--armed",
        "2000",
    ]
    run = subprocess.run([*words, "--pending", "5000"], capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stderr[-2000:]
    figures = json.loads(run.stdout)
    assert set(figures) == {"machine", "200/s", "drain", "arm", "200/s, 5,000 pending", "drain, 5,000 pending"}
    measured = {name: one["lost"] for name, one in figures.items() if name not in ("machine", "arm")}
    assert measured == dict.fromkeys(measured, 0)
    for name in ("200/s", "200/s, 5,000 pending"):
        assert 0 <= figures[name]["p50_ms"] <= figures[name]["p99_ms"] <= figures[name]["max_ms"]
    assert figures["drain"]["per_second"] > 0
    assert figures["arm"]["timers_per_second"] > figures["arm"]["timers_of_cases_per_second"] > 0
