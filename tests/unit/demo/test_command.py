"""Where `huiyin demo` refuses: virtual time never gets into real data."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from huiyin.demo.command import demo
from huiyin.embedded.home import Home, ServiceState, StackState
from huiyin.embedded.processes.process import record_of
from shared.errors import StackError


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in [name for name in os.environ if name.startswith("HUIYIN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path))
    found = Home(tmp_path)
    found.create()
    return found


def test_a_home_with_data_of_the_real_time_is_refused(home: Home) -> None:
    home.postgres.mkdir()

    with pytest.raises(StackError, match="holds data of the real time"):
        demo()


@pytest.mark.parametrize("name", ["HUIYIN_KAFKA", "HUIYIN_POSTGRES"])
def test_servers_of_others_are_refused(home: Home, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "127.0.0.1:1")

    with pytest.raises(StackError, match="of its own"):
        demo()


def test_a_stack_that_is_up_on_the_real_time_is_refused(home: Home) -> None:
    services = {"intake": ServiceState("http://127.0.0.1:1", "postgresql+asyncpg://x", None)}
    home.write_state(StackState(os.getpid(), True, "127.0.0.1:1", services))
    record_of("supervisor", os.getpid()).write(home.run)

    with pytest.raises(StackError, match="on the real time"):
        demo()
