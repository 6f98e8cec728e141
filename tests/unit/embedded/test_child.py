"""A supervised process: watched, started again when it ends by itself, and ended for good when asked."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from huiyin.embedded.processes.child import Child, Part
from huiyin.embedded.processes.process import Command, read_records, wait_for
from shared.errors import StackError

SLEEPER = Command([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"], dict(os.environ))


@pytest.fixture
def keep(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Makes children, and ends them after the test."""
    children: list[Child] = []

    def make(command: Callable[[], Command] = lambda: SLEEPER, ready: Callable[[], bool] | None = None) -> Child:
        up = ready or (lambda: "up" in (tmp_path / "it.log").read_text())
        child = Child(
            Part("it", "nowhere", command, up), log=tmp_path / "it.log", records=tmp_path, changed=lambda: None
        )
        children.append(child)
        child.start()
        return child

    yield make
    for child in children:
        child.ask_to_stop(now=True)
        child.finish(5.0)


def test_it_is_ready_when_it_says_so_and_recorded_while_it_runs(keep: Callable[..., Child], tmp_path: Path) -> None:
    child = keep()
    child.await_ready(10)
    state = child.state()
    assert (state.state, state.restarts) == ("ready", 0)
    assert [record.pid for record in read_records(tmp_path)] == [state.pid]
    assert child.memory() > 1_000_000

    child.ask_to_stop()
    child.finish(5.0)
    assert (child.state().state, child.state().pid, child.memory()) == ("stopped", None, 0)
    assert read_records(tmp_path) == []


def test_a_killed_process_comes_back_with_another_pid(keep: Callable[..., Child]) -> None:
    child = keep()
    child.await_ready(10)
    before = child.state().pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    assert wait_for(lambda: child.state().restarts == 1 and child.state().state == "ready", 15)
    assert child.state().pid not in {None, before}


def test_a_stopped_process_is_not_started_again(keep: Callable[..., Child]) -> None:
    child = keep()
    child.await_ready(10)
    child.ask_to_stop()
    child.finish(5.0)
    assert child.state().restarts == 0
    assert child.state().pid is None


def test_a_command_that_cannot_be_made_is_reported_and_tried_again(keep: Callable[..., Child]) -> None:
    attempts = iter([OSError(28, "No space left on device")])

    def command() -> Command:
        for error in attempts:
            raise error
        return SLEEPER

    child = keep(command)
    with pytest.raises(StackError, match=r"it cannot be started \(No space left on device\)"):
        child.await_ready(10)
    assert wait_for(lambda: child.state().state == "ready", 20), "it is tried again after a second"


def test_a_probe_that_breaks_is_no_answer_and_no_end(keep: Callable[..., Child]) -> None:
    asked = []

    def ready() -> bool:
        asked.append(1)
        if len(asked) == 1:
            raise RuntimeError("a client library's own")
        return len(asked) > 2

    keep(ready=ready).await_ready(20)


def test_one_that_ends_twice_while_starting_is_given_up(keep: Callable[..., Child]) -> None:
    broken = Command([sys.executable, "-c", "print('cannot'); raise SystemExit(3)"], dict(os.environ))
    child = keep(lambda: broken, ready=lambda: False)
    with pytest.raises(StackError, match="it stopped while starting: cannot"):
        child.await_ready(30)
    assert child.state().restarts == 1
