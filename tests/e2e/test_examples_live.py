"""Examples of procedures through the running services: the same comes of them as in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from huiyin.simulate.files import examples_beside, load_examples, parse_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import run_example
from shared.business_time.loader import load_calendars
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure
from shared.procedures.model import Procedure
from tests.e2e.live_examples import LiveExamples, Story
from tests.integration.servers import throw_away_home
from tests.running import Stack
from tests.unit.simulate import bureau, test_papers, test_reports

CHOSEN = {
    "baoshan-efficiency": (
        "bureau-has-a-case-handled-again",
        "grave-case-stays-until-the-centre-takes-it",
        "transfer-restarts-the-ten-days",
    ),
    "shopping-mall": (
        "duty-manager-tells-the-floor-manager",
        "decision-carried-out-a-second-late",
        "suggestion-card-handed-over-the-next-day",
    ),
    "social-insurance-levy-complaints": ("straight-way", "filed-too-late", "not-filed"),
}


REPORTS = (
    "it is warned of, breached, told of and signed off late",
    "the open cases are listed, once, whatever reports the story speaks of",
)
"""Stories of reports that do not get into each other's way: in the stack there is one of each period."""


def stories(chosen: Mapping[str, tuple[str, ...]]) -> list[Story]:
    calendars = load_calendars()
    found = []
    for id, examples in chosen.items():
        path: Path = LIBRARY_FOLDER / f"{id}.yaml"
        procedure, file = load_procedure(path), load_examples(examples_beside(path))
        rules = WorldRules(procedure, calendars)
        found += [Story(procedure, run_example(one, file, rules)) for one in file.examples if one.id in examples]
    return found


def own_stories(procedure: Procedure, head: str, told: Iterable[str]) -> list[Story]:
    """Stories that are no file, on a procedure that is not in the library; each under an id of its own."""
    rules, found = WorldRules(procedure, load_calendars()), []
    for number, story in enumerate(told, 1):
        file = parse_examples(head.replace("id: one", f"id: {procedure.id}-{number}") + story, "story.yaml")
        found.append(Story(procedure, run_example(file.examples[0], file, rules)))
    return found


@pytest.mark.timeout(600)
def test_papers_and_reports_end_live_as_in_memory() -> None:
    told = [test_reports.HOLDS[name] for name in REPORTS]
    chosen = [
        *own_stories(bureau.PROCEDURE, bureau.HEAD, test_papers.HOLDS.values()),
        *own_stories(test_reports.PROCEDURE, test_reports.HEAD, told),
    ]
    assert all(not one.outcome.failures for one in chosen)
    start = min(one.outcome.played[0].at for one in chosen) - timedelta(days=1)
    with throw_away_home("examples") as home:
        stack = Stack(home.path)
        folder = home.path / "procedures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bureau.yaml").write_text(bureau.BUREAU, encoding="utf-8")
        (folder / "report-desk.yaml").write_text(test_reports.REPORT_DESK, encoding="utf-8")
        stack.command("up", "--detach", "--port-base", "0", "--time", "1x", "--from", start.isoformat())
        assert LiveExamples(stack).play(chosen) == []


@pytest.mark.timeout(600)
def test_examples_end_live_as_in_memory() -> None:
    chosen = stories(CHOSEN)
    assert all(not one.outcome.failures for one in chosen)
    start = min(one.outcome.played[0].at for one in chosen) - timedelta(days=1)
    with throw_away_home("examples") as home:
        stack = Stack(home.path)
        stack.command("up", "--detach", "--port-base", "0", "--time", "1x", "--from", start.isoformat())
        assert LiveExamples(stack).play(chosen) == []
