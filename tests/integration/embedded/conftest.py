"""A home of its own for these tests: they kill servers that other tests need."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from huiyin.embedded.environment import StackEnvironment, read_environment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import wait_for
from huiyin.embedded.processes.services import ServiceSpec
from huiyin.embedded.up import Options, Running, start
from shared.events.topics import Topic
from tests.integration.servers import throw_away_home

STANDINS = tuple(
    ServiceSpec(name, (sys.executable, str(Path(__file__).with_name("standin.py")))) for name in ("alpha", "beta")
)
TOPICS = (Topic("test.one.v1", "any", "a topic of these tests", partitions=3),)
OPTIONS = Options(port_base=0, services=STANDINS, topics=TOPICS)


@pytest.fixture(scope="session")
def environment() -> StackEnvironment:
    """The embedded servers, whatever this machine's environment names."""
    return replace(read_environment(os.environ, ()), kafka=None, postgres=None)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """One home per file of tests, so that later tests find the data of earlier ones."""
    with throw_away_home("embedded") as found:
        yield found


@pytest.fixture
def fresh_home() -> Iterator[Home]:
    """A home that no other test uses."""
    with throw_away_home("embedded") as found:
        yield found


@pytest.fixture
def running(home: Home, environment: StackEnvironment) -> Iterator[Running]:
    """The stack over that home, with stand-in services."""
    stack = start(home, OPTIONS, environment)
    yield stack
    stack.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Await a condition, at most 30 seconds."""

    def await_it(condition: Callable[[], bool]) -> None:
        assert wait_for(condition, 30.0)

    return await_it
