"""Examples of procedures through the running services: the same comes of them as in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from huiyin.simulate.files import examples_beside, load_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import run_example
from shared.business_time.loader import load_calendars
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure
from tests.e2e.live_examples import LiveExamples, Story
from tests.integration.servers import throw_away_home
from tests.running import Stack

CHOSEN = {
    "social-insurance-levy-complaints": ("straight-way", "filed-too-late", "not-filed"),
}


def stories(chosen: Mapping[str, tuple[str, ...]]) -> list[Story]:
    calendars = load_calendars()
    found = []
    for id, examples in chosen.items():
        path: Path = LIBRARY_FOLDER / f"{id}.yaml"
        procedure, file = load_procedure(path), load_examples(examples_beside(path))
        rules = WorldRules(procedure, calendars)
        found += [Story(procedure, run_example(one, file, rules)) for one in file.examples if one.id in examples]
    return found


@pytest.mark.timeout(600)
def test_examples_end_live_as_in_memory() -> None:
    chosen = stories(CHOSEN)
    assert all(not one.outcome.failures for one in chosen)
    start = min(one.outcome.played[0].at for one in chosen) - timedelta(days=1)
    with throw_away_home("examples") as home:
        stack = Stack(home.path)
        stack.command("up", "--detach", "--port-base", "0", "--time", "1x", "--from", start.isoformat())
        assert LiveExamples(stack).play(chosen) == []
