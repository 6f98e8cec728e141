"""What was acknowledged is there after a restart, a kill -9 of the servers, and a kill -9 of everything."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from huiyin.embedded import down
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home, ProcessState
from huiyin.embedded.processes import background
from huiyin.embedded.processes.process import read_records, wait_for
from huiyin.embedded.processes.supervisor import running_supervisor
from huiyin.embedded.up import Running, start
from shared.errors import StackError
from tests.integration.embedded.conftest import OPTIONS
from tests.integration.embedded.helpers import kafka_address, publish, query, records

pytestmark = [pytest.mark.timeout(120)]

Eventually = Callable[[Callable[[], bool]], None]


def process(running: Running, name: str) -> ProcessState:
    return next(each for each in running.state().processes if each.name == name)


def kill_everything(home: Home) -> None:
    for record in read_records(home.run):
        if record.process():
            os.kill(record.pid, signal.SIGKILL)
    assert wait_for(lambda: not any(record.process() for record in read_records(home.run)), 10)


def test_data_survives_an_orderly_restart(home: Home, environment: StackEnvironment) -> None:
    first = start(home, OPTIONS, environment)
    address = kafka_address(home)
    try:
        query(home, "CREATE TABLE kept (word text)")
        query(home, "INSERT INTO kept VALUES ('before')")
        publish(home, b"before")
    finally:
        first.stop()
    assert not any(record.process() for record in read_records(home.run))

    second = start(home, OPTIONS, environment)
    try:
        assert query(home, "SELECT word FROM kept") == [("before",)]
        assert records(home) == 1
        assert kafka_address(home) == address
    finally:
        second.stop()


def test_killed_servers_are_started_again_with_their_data(running: Running, eventually: Eventually) -> None:
    home = running.home
    query(home, "INSERT INTO kept VALUES ('killed')")
    publish(home, b"killed")

    for name in ("kafka", "postgres"):
        pid = process(running, name).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
    for name in ("kafka", "postgres"):
        eventually(lambda name=name: process(running, name).restarts >= 1)  # type: ignore[misc]
        eventually(lambda name=name: process(running, name).state == "ready")  # type: ignore[misc]

    assert ("killed",) in query(home, "SELECT word FROM kept")
    assert records(home) == 2


def test_a_killed_service_is_started_again(running: Running, eventually: Eventually) -> None:
    before = process(running, "alpha").pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    eventually(lambda: process(running, "alpha").restarts == 1 and process(running, "alpha").state == "ready")
    assert process(running, "alpha").pid != before
    written = running.home.read_state()
    assert written is not None
    assert {each.name: each.restarts for each in written.processes}["alpha"] == 1


def test_after_a_kill_of_everything_the_next_up_just_works(home: Home, environment: StackEnvironment) -> None:
    background.start_behind(home, OPTIONS)
    query(home, "INSERT INTO kept VALUES ('everything')")
    kill_everything(home)

    stack = start(home, OPTIONS, environment)
    try:
        assert ("everything",) in query(home, "SELECT word FROM kept")
        assert records(home) == 2
    finally:
        stack.stop()


def test_down_ends_what_a_killed_supervisor_left(home: Home) -> None:
    background.start_behind(home, OPTIONS)
    supervisor = running_supervisor(home)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    assert wait_for(lambda: running_supervisor(home) is None, 10)

    assert set(down.stop(home)) == {"alpha", "beta", "kafka", "postgres"}
    assert down.stop(home) == []
    assert not any(record.process() for record in read_records(home.run))


def test_up_ends_what_a_killed_supervisor_left(home: Home, environment: StackEnvironment) -> None:
    background.start_behind(home, OPTIONS)
    supervisor = running_supervisor(home)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    assert wait_for(lambda: running_supervisor(home) is None, 10)

    start(home, OPTIONS, environment).stop()


def test_a_detached_stack_is_up_once_and_ends_by_down(home: Home, environment: StackEnvironment) -> None:
    background.start_behind(home, OPTIONS)
    try:
        state = home.read_state()
        assert state is not None
        assert state.ready
        with pytest.raises(StackError, match=rf"already up \(pid {state.supervisor}\)"):
            start(home, OPTIONS, environment)
    finally:
        ended = down.stop(home, now=True)
    assert ended == ["supervisor"]
    assert home.read_state() is None
