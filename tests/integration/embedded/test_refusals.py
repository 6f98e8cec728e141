"""What `up` refuses, each with one line, and leaves nothing running."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections import namedtuple
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import read_records
from huiyin.embedded.processes.services import ServiceSpec
from huiyin.embedded.up import start
from shared.business_time.clock import FileClock
from shared.errors import HuiyinError, StackError
from tests.integration.embedded.conftest import OPTIONS

pytestmark = [pytest.mark.timeout(120)]


@pytest.fixture
def foreign_port() -> Iterator[int]:
    """A port on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def nothing_runs(home: Home) -> bool:
    return not any(record.process() for record in read_records(home.run)) and home.read_state() is None


def test_a_taken_port_is_named(home: Home, environment: StackEnvironment, foreign_port: int) -> None:
    with pytest.raises(StackError, match=f"port {foreign_port} for alpha is taken"):
        start(home, replace(OPTIONS, port_base=foreign_port - 1), environment)
    assert nothing_runs(home)


def test_a_broker_that_is_not_there_is_named(home: Home, environment: StackEnvironment) -> None:
    with pytest.raises(StackError, match=re.escape("no broker answers at HUIYIN_KAFKA (127.0.0.1:9)")):
        start(home, OPTIONS, replace(environment, kafka="127.0.0.1:9"))
    assert nothing_runs(home)


def test_a_database_that_is_not_there_is_named_without_its_password(home: Home, environment: StackEnvironment) -> None:
    url = "postgresql://admin:canary-word@127.0.0.1:9/postgres"
    with pytest.raises(HuiyinError, match=r"the database server at 127\.0\.0\.1 does not let us in") as refused:
        start(home, OPTIONS, replace(environment, postgres=url))
    assert "canary-word" not in refused.value.message + str(refused.value.hint)
    assert nothing_runs(home)


def test_a_full_disk_is_refused(home: Home, environment: StackEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 10**12, 499_000_000))
    with pytest.raises(StackError, match="nearly full: 499 MB are free"):
        start(home, OPTIONS, environment)
    assert nothing_runs(home)


def test_a_service_that_never_answers_is_shown_with_its_last_words(home: Home, environment: StackEnvironment) -> None:
    thinking = "print('thinking', flush=True); import time; time.sleep(99)"
    stubborn = ServiceSpec("alpha", (sys.executable, "-c", thinking))
    with pytest.raises(StackError, match=r"alpha did not become ready in 3 s: thinking") as refused:
        start(home, replace(OPTIONS, services=(stubborn,), ready_s=3.0), environment)
    assert str(home.log("alpha")) in str(refused.value.hint)
    assert nothing_runs(home)


def test_a_service_that_ends_while_starting_is_shown_with_its_last_words(
    home: Home, environment: StackEnvironment
) -> None:
    broken = ServiceSpec("alpha", (sys.executable, "-c", "raise SystemExit('no such setting')"))
    with pytest.raises(StackError, match="alpha stopped while starting: no such setting"):
        start(home, replace(OPTIONS, services=(broken,)), environment)
    assert nothing_runs(home)


def test_virtual_time_goes_on_where_it_stopped(fresh_home: Home, environment: StackEnvironment) -> None:
    home = fresh_home
    begin = datetime.now(UTC) + timedelta(days=400)
    first = start(home, replace(OPTIONS, rate=3600.0, start=begin), environment)
    reached = FileClock(home.clock_file).now()
    first.stop()
    assert reached > begin

    with pytest.raises(StackError, match="the data of this home comes from virtual time"):
        start(home, OPTIONS, environment)
    with pytest.raises(StackError, match="time would run back"):
        start(home, replace(OPTIONS, rate=60.0, start=begin), environment)

    second = start(home, replace(OPTIONS, rate=1.0), environment)
    try:
        assert FileClock(home.clock_file).now() >= reached
        assert FileClock(home.clock_file).rate() == 1.0
        assert second.state().clock == str(home.clock_file)
    finally:
        second.stop()
