"""What holds for all tests: marks by folder, how they are shared out among processes, the run's servers."""

from __future__ import annotations

import os

import pytest
import structlog
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.integration.servers import close_run, open_run

# The longest first, so that no process is left alone with one of them at the end.
FIRST = (
    "faults/test_kill.py",
    "e2e/test_demo.py",
    "integration/cli",
    "integration/embedded",
    "e2e/test_bench.py",
    "e2e/test_examples_live.py",
    "library",
    "integration/messaging",
    "faults/test_kill_timers.py",
    "integration/notify",
    "integration/intake",
)
# Tests that share a stack or a broker run in one process; of all others each file goes to whichever process is free.
TOGETHER = ("integration/cli", "integration/messaging")
# Of these every test goes by itself.
APART = ("library",)

# structlog's own choice is a traceback with all locals, drawn for a terminal: seconds of a processor for each error.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

settings.register_profile("whole", settings())
settings.register_profile("fast", settings(), max_examples=25)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "whole"))


def pytest_configure(config: pytest.Config) -> None:
    """Choose the folder of the run's servers, in the process that starts the others."""
    if not hasattr(config, "workerinput"):
        open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop them."""
    if not hasattr(config, "workerinput"):
        close_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder, and put the longest first."""
    for item in items:
        item.add_marker(_place(item.nodeid).split("/", 1)[0])
    items.sort(key=lambda item: _order(_place(item.nodeid)))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """How tests are shared out: by group, or by file, in the order of the collection."""
    config.option.loadscopereorder = False  # xdist would begin with the groups of most tests and end with the longest
    return _ByGroup(config, log)


class _ByGroup(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """xdist's `loadgroup` does the same for groups, but does not see them with every version of pytest."""

    def _split_scope(self, nodeid: str) -> str:
        place = _place(nodeid)
        if place.startswith(APART):
            return nodeid
        return next((group for group in TOGETHER if place.startswith(group)), place)


def _place(nodeid: str) -> str:
    """The test's file, below `tests`."""
    return nodeid.split("::", 1)[0].removeprefix("tests/")


def _order(place: str) -> int:
    return next((number for number, first in enumerate(FIRST) if place.startswith(first)), len(FIRST))
