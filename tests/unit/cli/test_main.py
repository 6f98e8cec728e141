"""The command line as a whole: what is imported for which word, and how a command is ended from outside."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from huiyin.main import GROUPS, build

# A command that holds something while it runs, mounted as any other.
PROGRAM = """
import contextlib, sys, time, types
import huiyin.main as cli

def hold():
    with contextlib.ExitStack() as held:
        held.callback(lambda: print("let go", flush=True))
        print("held", flush=True)
        time.sleep(60)

cli.GROUPS = {("hold",): lambda app: app.command()(hold)}
sys.argv = ["huiyin", "hold"]
cli.main()
"""


@pytest.mark.parametrize("words", GROUPS)
def test_each_module_registers_the_words_it_is_imported_for(words: tuple[str, ...]) -> None:
    app = typer.Typer()
    GROUPS[words](app)
    commands = [one.name or one.callback.__name__ for one in app.registered_commands if one.callback]
    assert sorted(commands + [str(one.name) for one in app.registered_groups]) == sorted(words)


def test_without_a_word_every_command_is_there_and_each_word_has_the_same_commands_alone() -> None:
    runner = CliRunner()
    whole = runner.invoke(build(), ["--help"]).output
    for word in {word for words in GROUPS for word in words}:
        assert f"\n  {word} " in whole
        assert runner.invoke(build(word), [word, "--help"]).output == runner.invoke(build(), [word, "--help"]).output


def test_answering_lines_does_not_wait_for_what_it_does_not_use() -> None:
    program = "import sys, json; from huiyin.main import build; build('sla'); print(json.dumps([*sys.modules]))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(json.loads(run.stdout))
    assert not loaded & {"pydantic", "sqlalchemy", "httpx", "rich", "huiyin.embedded.processes.process"}


def test_sigterm_ends_a_command_with_what_it_holds() -> None:
    run = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "held\n"
    run.send_signal(signal.SIGTERM)
    assert run.stdout.read() == "let go\n"
    assert run.wait(timeout=60) == 128 + signal.SIGTERM
