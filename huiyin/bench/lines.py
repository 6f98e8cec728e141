"""What `huiyin sla compute` answers as a command, end to end, beside bare JSON round trips of the same lines."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_DAY = 86_400
_START = datetime(2024, 1, 1, tzinfo=UTC)
_OFFICE = [["09:00", "12:00"], ["13:30", "17:30"]]
_COMMAND = [sys.executable, "-c", "from huiyin.main import main; main()", "sla", "compute"]

MEANINGS = {
    "command_lines_per_second": "lines of a named calendar by `huiyin sla compute`, its start included",
    "command_line_cost_in_json_round_trips": "cost of such a line, in bare round trips by one process",
    "command_own_lines_per_second": "lines with a calendar and pauses of their own, likewise",
    "command_own_line_cost_in_json_round_trips": "cost of such a line",
}


def measure_command(count: int) -> dict[str, float | None]:
    """The figures of `MEANINGS` for `count` lines of each kind; None without lines."""
    if not count:
        return dict.fromkeys(MEANINGS)
    figures: dict[str, float | None] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, question in (("command_line", _named), ("command_own_line", _own)):
            path = Path(folder, "questions.jsonl")
            _write(path, count, question)
            seconds, bare = _answered(path), _round_trips(path)
            figures[f"{name}s_per_second"] = count / seconds
            figures[f"{name}_cost_in_json_round_trips"] = seconds / bare
    return figures


def _write(path: Path, count: int, question: Callable[[random.Random, int], dict[str, Any]]) -> None:
    dice = random.Random(1)  # noqa: S311  # the same questions every time
    with path.open("w", encoding="utf-8") as file:
        for index in range(count):
            file.write(json.dumps(question(dice, index)) + "\n")


def _answered(path: Path) -> float:
    with path.open("rb") as questions:
        begun = time.perf_counter()
        subprocess.run(_COMMAND, stdin=questions, stdout=subprocess.DEVNULL, check=True)  # noqa: S603  # our own command
        return time.perf_counter() - begun


def _round_trips(path: Path) -> float:
    begun = time.perf_counter()
    with path.open(encoding="utf-8") as questions:
        for line in questions:
            json.dumps(json.loads(line))
    return time.perf_counter() - begun


def _named(dice: random.Random, _: int) -> dict[str, Any]:
    start = _START + timedelta(seconds=dice.randrange(2 * 365 * _DAY))
    return {
        "calendar": "cn",
        "kind": "add",
        "start": start.isoformat(),
        "amount": dice.choice(("PT4H", "P5WD", "P15WD")),
    }


def _own(dice: random.Random, index: int) -> dict[str, Any]:
    start = _START + timedelta(seconds=dice.randrange(2 * 365 * _DAY))
    question: dict[str, Any] = {
        "tz": "Asia/Shanghai",
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _OFFICE),
        "holidays": ["2024-01-01", "2024-02-12", "2025-01-28", f"2025-10-{1 + index % 9:02d}"],
        "overrides": {"2024-02-09": [["09:00", "12:00"]]},
        "kind": "elapsed" if index % 2 else "add",
        "start": start.isoformat(),
    }
    later = start + timedelta(seconds=dice.randrange(30 * _DAY))
    question |= {"end": later.isoformat()} if index % 2 else {"amount": f"PT{1 + index % 90}H"}
    if index % 3:
        question["pauses"] = [
            [(start + timedelta(hours=2)).isoformat(), (start + timedelta(hours=index % 50)).isoformat()]
        ]
        question["pauses"][0].sort()
    return question
