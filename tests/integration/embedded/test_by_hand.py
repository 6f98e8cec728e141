"""One service started by hand beside a stack that runs the others, as one does to debug it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from huiyin.cli.stack import register
from huiyin.embedded.by_hand import variables_of
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import wait_for
from shared.errors import InvalidInput, StackError
from tests.integration.servers import throw_away_home
from tests.running import HUIYIN, Stack

pytestmark = [pytest.mark.timeout(180)]

BY_HAND = f'eval "$({HUIYIN} env sla)" && exec {Path(HUIYIN).with_name("python")} -m services.sla'
"""What a person types; `exec` makes the shell's pid that of the service."""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack that runs every service but one."""
    with throw_away_home("by-hand") as home:
        found = Stack(home.path)
        found.command("up", "--detach", "--port-base", "0", "--except", "sla")
        yield found


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def test_a_service_that_was_left_out_runs_by_hand_on_what_env_prints(stack: Stack, tmp_path: Path) -> None:
    url = stack.url("sla")
    assert not is_ready(url)
    assert "sla" not in {process["name"] for process in stack.state["processes"]}
    shown = stack.command("status").stdout
    assert next(line.split()[1:3] for line in shown.splitlines() if line.startswith("sla ")) == ["not", "started"]

    bare = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    with (tmp_path / "log").open("w") as log:
        service = subprocess.Popen(
            ["sh", "-c", BY_HAND], env={**bare, "HUIYIN_HOME": str(stack.home)}, stdout=log, stderr=log
        )
    try:
        assert wait_for(lambda: is_ready(url) or service.poll() is not None, 60.0), (tmp_path / "log").read_text()
        with stack.client() as client:
            assert client.get(f"{url}/metrics").status_code == 200  # its database knows the stack's keys
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(30)


def test_env_of_a_service_that_the_stack_runs_itself_says_so(stack: Stack) -> None:
    printed = stack.command("env", "intake")
    assert f"the stack runs intake itself (pid {stack.pid('intake')})" in printed.stderr
    assert "huiyin up --except intake" in printed.stderr
    lines = printed.stdout.splitlines()
    assert all(line.startswith("export HUIYIN_") for line in lines)
    assert any(line.startswith("export HUIYIN_VAULT_KEY_FILE=") for line in lines)


def test_env_without_a_stack_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="nothing is running") as refused:
        variables_of(Home(tmp_path), "sla")
    assert refused.value.hint == "huiyin up --detach --except sla"


@pytest.mark.parametrize(("words", "field"), [(["up", "--except", "sla,slb"], "--except"), (["env", "slb"], "SERVICE")])
def test_a_service_that_does_not_exist_is_refused_with_those_that_do(words: list[str], field: str) -> None:
    app = typer.Typer()
    register(app)
    wrong = CliRunner().invoke(app, words).exception
    assert isinstance(wrong, InvalidInput)
    assert (wrong.field, wrong.hint) == (field, "there are: intake, routing, sla, notify")
