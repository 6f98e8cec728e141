"""Examples of procedures through the running services: the same comes of them as in memory.

`HUIYIN_LIVE_EXAMPLES=60` plays so many of all examples of the library, `all` plays all of them (`make test-examples`),
`shopping-mall/straight-way,…` these.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain, zip_longest

import pytest

from huiyin.simulate.files import examples_beside, load_examples, parse_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import run_example
from huiyin.simulate.story import Example, ExampleFile
from shared.business_time.loader import load_calendars
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure
from shared.procedures.model import Procedure
from tests.e2e.live_examples import LiveExamples, Story
from tests.integration.servers import throw_away_home
from tests.running import Stack
from tests.unit.simulate import bureau, test_papers, test_reports

CHOSEN = {
    "baoshan-efficiency/bureau-has-a-case-handled-again",
    "baoshan-efficiency/grave-case-stays-until-the-centre-takes-it",
    "baoshan-efficiency/transfer-restarts-the-ten-days",
    "shopping-mall/duty-manager-tells-the-floor-manager",
    "shopping-mall/decision-carried-out-a-second-late",
    "shopping-mall/suggestion-card-handed-over-the-next-day",
    "social-insurance-levy-complaints/clock-runs-from-the-material",
    "social-insurance-levy-complaints/forms-are-complete",
    "social-insurance-levy-complaints/not-filed-and-served",
    "social-insurance-levy-complaints/straight-way",
    "tofu-manufacturer/straight-way",
    "vanke-developer/straight-way",
}

REPORTS = (
    "it is warned of, breached, told of and signed off late",
    "the open cases are listed, once, whatever reports the story speaks of",
)
"""Stories of reports that do not get into each other's way: in the stack there is one of each period."""

Found = tuple[Procedure, ExampleFile, Example]


def examples() -> Iterator[Found]:
    """Every example of the library: the first of each file, the second of each, and so on."""
    files = []
    for path in sorted(LIBRARY_FOLDER.glob("*.yaml")):
        procedure, file = load_procedure(path), load_examples(examples_beside(path))
        files.append([(procedure, file, one) for one in file.examples])
    yield from (one for one in chain.from_iterable(zip_longest(*files)) if one is not None)


def chosen() -> list[Found]:
    """Those that this run plays."""
    found, wanted = list(examples()), os.environ.get("HUIYIN_LIVE_EXAMPLES", "")
    if not wanted or "/" in wanted:
        names = set(wanted.split(",")) if wanted else CHOSEN
        return [one for one in found if f"{one[0].id}/{one[2].id}" in names]
    return found if wanted == "all" else found[: int(wanted)]


def at_midnight(example: Example) -> bool:
    """Whether something is done as a day ends: live it is done a little earlier, which is on another day."""
    return any(action.at.endswith(" 24:00") for action in example.when)


@pytest.mark.timeout(3600)
def test_examples_end_live_as_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    calendars = load_calendars()
    stories = [
        Story(procedure, run_example(example, file, WorldRules(procedure, calendars)))
        for procedure, file, example in chosen()
    ]
    assert stories
    assert all(not one.outcome.failures for one in stories)
    playable = [one for one in stories if one.outcome.played and not at_midnight(one.outcome.example)]
    start = min(one.outcome.played[0].at for one in playable) - timedelta(days=1)
    # on a clock that stands still every step is late for hours, and would wait for others to be delivered with
    monkeypatch.setenv("HUIYIN_NOTICE_WINDOW_SECONDS", "0")
    with throw_away_home("examples") as home:
        stack = Stack(home.path)
        stack.command("up", "--detach", "--port-base", "0", "--time", "1x", "--from", start.isoformat())
        differences = LiveExamples(stack).play(playable)
    assert differences == [], "\n".join(differences)


def own_stories(procedure: Procedure, head: str, told: Iterable[str]) -> list[Story]:
    """Stories that are no file, on a procedure that is not in the library; each under an id of its own."""
    rules, found = WorldRules(procedure, load_calendars()), []
    for number, story in enumerate(told, 1):
        file = parse_examples(head.replace("id: one", f"id: {procedure.id}-{number}") + story, "story.yaml")
        found.append(Story(procedure, run_example(file.examples[0], file, rules)))
    return found


@pytest.mark.timeout(900)
def test_papers_and_reports_end_live_as_in_memory() -> None:
    told = [test_reports.HOLDS[name] for name in REPORTS]
    stories = [
        *own_stories(bureau.PROCEDURE, bureau.HEAD, test_papers.HOLDS.values()),
        *own_stories(test_reports.PROCEDURE, test_reports.HEAD, told),
    ]
    assert all(not one.outcome.failures for one in stories)
    start = min(one.outcome.played[0].at for one in stories) - timedelta(days=1)
    with throw_away_home("examples") as home:
        stack = Stack(home.path)
        folder = home.path / "procedures"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bureau.yaml").write_text(bureau.BUREAU, encoding="utf-8")
        (folder / "report-desk.yaml").write_text(test_reports.REPORT_DESK, encoding="utf-8")
        stack.command("up", "--detach", "--port-base", "0", "--time", "1x", "--from", start.isoformat())
        differences = LiveExamples(stack).play(stories)
    assert differences == [], "\n".join(differences)
