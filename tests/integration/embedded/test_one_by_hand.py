"""A service left out of the stack and started by hand, as under a debugger."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

import pytest
import typer
from typer.testing import CliRunner, Result

from huiyin.cli.stack import register
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import wait_for
from huiyin.embedded.processes.services import huiyin_services, service_ready
from huiyin.embedded.up import Options, Running, start
from shared.errors import InvalidInput, StackError

pytestmark = [pytest.mark.timeout(180)]

app = typer.Typer()
register(app)
SLA = tuple(spec for spec in huiyin_services() if spec.name == "sla")


@pytest.fixture(scope="module")
def without_sla(home: Home, environment: StackEnvironment) -> Iterator[Running]:
    """Broker and database with everything that sla needs, and no sla."""
    stack = start(home, Options(port_base=0, services=SLA, without=frozenset({"sla"})), environment)
    yield stack
    stack.stop()


def huiyin(home: Home, *arguments: str) -> Result:
    """A command in this home."""
    return CliRunner().invoke(app, list(arguments), env={"HUIYIN_HOME": str(home.path)})


def test_a_service_that_is_left_out_runs_with_the_environment_that_is_printed(without_sla: Running) -> None:
    home = without_sla.home
    assert [one.name for one in without_sla.state().processes] == ["postgres", "kafka"]

    printed = huiyin(home, "env", "sla")
    assert printed.exit_code == 0
    lines = dict(line.removeprefix("export ").split("=", 1) for line in printed.output.splitlines())
    given = {name: shlex.split(value)[0] for name, value in lines.items()}
    port = int(given["HUIYIN_PORT"])
    assert not service_ready(port)

    with subprocess.Popen(
        [sys.executable, "-m", "services.sla"],
        env={**os.environ, **given},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as service:
        try:
            assert wait_for(lambda: service_ready(port), 60.0)
        finally:
            service.terminate()


def test_only_intake_gets_the_vaults_key(without_sla: Running) -> None:
    assert "VAULT_KEY" not in huiyin(without_sla.home, "env", "sla").output


def test_another_service_is_not_known_here(without_sla: Running) -> None:
    wrong = huiyin(without_sla.home, "env", "slb")
    assert isinstance(wrong.exception, InvalidInput)
    assert (wrong.exception.field, wrong.exception.hint) == ("SERVICE", "one of sla")


def test_without_a_stack_there_is_nothing_to_print(home: Home) -> None:
    elsewhere = Home(home.path / "nothing")
    found = huiyin(elsewhere, "env", "sla")
    assert isinstance(found.exception, StackError)
    assert "--except" in str(found.exception.hint)


def test_a_service_that_does_not_exist_cannot_be_left_out(home: Home) -> None:
    wrong = huiyin(Home(home.path / "nothing"), "up", "--except", "slb")
    assert isinstance(wrong.exception, InvalidInput)
    assert wrong.exception.field == "--except"
