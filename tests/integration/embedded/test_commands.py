"""The commands, as somebody at a terminal uses them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from huiyin.cli.stack import register
from huiyin.embedded.database.postgres import admin_url
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import read_records, wait_for
from huiyin.embedded.up import Running, start
from shared.errors import HuiyinError, StackError
from shared.service_names import SERVICES
from tests.integration.embedded.conftest import OPTIONS, STANDINS
from tests.integration.embedded.helpers import admin_query, kafka_address

pytestmark = [pytest.mark.timeout(180)]

app = typer.Typer()
register(app)


@pytest.fixture(scope="module")
def running(home: Home, environment: StackEnvironment) -> Iterator[Running]:
    """One stack for all of these tests."""
    stack = start(home, OPTIONS, environment)
    yield stack
    stack.stop()


def huiyin(home: Path, *arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(app, list(arguments), env={"HUIYIN_HOME": str(home), **variables})


def test_status_tells_people_and_programs_what_runs(running: Running) -> None:
    shown = huiyin(running.home.path, "status")
    assert shown.exit_code == 0
    assert all(name in shown.output for name in ("postgres", "kafka", "alpha", "beta", "ready"))

    shown = json.loads(huiyin(running.home.path, "status", "--json").output)
    assert shown["running"] is True
    assert shown["ready"] is True
    assert shown["supervisor"] == os.getpid()
    assert shown["kafka"] == kafka_address(running.home)


def test_the_state_names_no_secret(running: Running) -> None:
    shown = huiyin(running.home.path, "status", "--json").output
    for secret in running.home.secrets.iterdir():
        assert secret.read_text().strip() not in shown


def test_logs_shows_the_last_lines(running: Running) -> None:
    shown = huiyin(running.home.path, "logs", "kafka", "-n", "1")
    assert shown.output.count("\n") == 1
    assert shown.output.strip() in running.home.log("kafka").read_text()
    wrong = huiyin(running.home.path, "logs", "kafak")
    assert isinstance(wrong.exception, HuiyinError)
    assert "kafka" in str(wrong.exception.hint)


def test_an_empty_home_runs_nothing(tmp_path: Path) -> None:
    assert huiyin(tmp_path, "status").exit_code == 1
    assert json.loads(huiyin(tmp_path, "status", "--json").output) == {"running": False}
    assert huiyin(tmp_path, "down").output == "nothing is running\n"


def test_fetching_again_takes_nothing(running: Running, tmp_path: Path) -> None:
    assert huiyin(tmp_path, "stack", "fetch").output.startswith("all there: 46 jars")


def test_servers_that_exist_are_provisioned_by_one_command(running: Running, tmp_path: Path) -> None:
    variables = {"HUIYIN_KAFKA": kafka_address(running.home), "HUIYIN_POSTGRES": admin_url(running.home)}
    refused = huiyin(tmp_path, "provision", **variables)
    assert isinstance(refused.exception, StackError)
    assert "HUIYIN_INTAKE_PASSWORD_FILE" in str(refused.exception.hint)

    for name in (*(f"{service}_password" for service in SERVICES), "service_key"):
        (tmp_path / name).write_text(f"the {name}\n")
        variables[f"HUIYIN_{name.upper()}_FILE"] = str(tmp_path / name)
    first = huiyin(tmp_path, "provision", **variables)
    assert first.exit_code == 0, first.exception
    assert "huiyin.complaints.v1" in first.output
    assert "intake, routing, sla, notify" in first.output
    second = huiyin(tmp_path, "provision", **variables)
    assert second.output.count("none, all there") == 2
    databases = {row[0] for row in admin_query(running.home, "SELECT datname FROM pg_database")}
    assert {f"huiyin_{service}" for service in SERVICES} <= databases


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_while_starting_ends_everything(number: signal.Signals, fresh_home: Home) -> None:
    home = fresh_home
    chosen: dict[str, object] = {"port_base": 0, "rate": None, "start": None, "without": []}
    services = [[spec.name, list(spec.arguments)] for spec in STANDINS]
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "huiyin.embedded.processes.background",
            str(writing),
            json.dumps({**chosen, "services": services}),
        ],
        env={**os.environ, "HUIYIN_HOME": str(home.path)},
        pass_fds=(writing,),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(writing)
    try:
        assert wait_for(lambda: len(read_records(home.run)) > 1 or process.poll() is not None, 60)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        os.close(reading)
    assert (process.returncode, output) == (0, "")
    assert not any(record.process() for record in read_records(home.run))
    assert home.read_state() is None
