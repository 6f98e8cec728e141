"""`huiyin procedure check | simulate | prove` on files of one's own, and the library's own examples."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from huiyin.cli.rules import procedure
from huiyin.cli.rules.examples import failures_of
from huiyin.simulate.files import examples_beside
from shared.errors import InvalidInput
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure
from tests.unit.procedures.sample import SAMPLE

WITH_EXAMPLES = sorted(path for path in LIBRARY_FOLDER.glob("*.yaml") if examples_beside(path).is_file())
HOLDS = """\
procedure: sample
complaint: {channel: telephone, fields: {name: 甲, content: 内容, kind: goods}}
examples:
  - {id: registered, given: {received: 2025-09-29 10:00}, expect: {status: assigned}}
"""


def run(*words: str) -> Result:
    app = typer.Typer()
    procedure.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["procedure", *words])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The sample with one example beside it."""
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "sample.yaml").write_text(HOLDS, encoding="utf-8")
    (tmp_path / "sample.yaml").write_text(SAMPLE, encoding="utf-8")
    return tmp_path / "sample.yaml"


def spoil(file: Path, old: str, new: str) -> None:
    beside = examples_beside(file)
    beside.write_text(beside.read_text("utf-8").replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=lambda path: path.stem)
def test_the_librarys_examples_hold(path: Path) -> None:
    number, failures = failures_of(path, load_procedure(path))
    assert number > 0
    assert [str(one) for one in failures] == []


def test_check_runs_the_examples_beside_a_file(file: Path) -> None:
    found = run("check", str(file))
    assert found.exit_code == 0
    assert "1 examples, 0 fail" in found.stderr


def test_check_fails_with_an_example_that_does_not_hold(file: Path) -> None:
    spoil(file, "status: assigned", "status: held")
    found = run("check", str(file))
    assert found.exit_code == 1
    assert "example: registered: in the end: status: expected held, is assigned" in found.stdout


def test_check_names_the_line_of_a_mistake_among_the_examples(file: Path) -> None:
    spoil(file, "expect: {status", "expekt: {status")
    found = run("check", str(file))
    assert found.exit_code == 1
    assert "error: examples/sample.yaml line 4: examples[registered].expekt" in found.stdout


def test_simulate_prints_what_happens_and_fails_with_what_does_not_hold(file: Path) -> None:
    found = run("simulate", str(file))
    assert found.exit_code == 0
    assert "registered: holds\n  2025-09-29 10:00     intake   registered\n" in found.stdout
    spoil(file, "status: assigned", "status: held")
    found = run("simulate", str(file), "--example", "registered")
    assert (found.exit_code, "registered: fails" in found.stdout) == (1, True)


def test_simulate_gives_events_as_json_lines(file: Path) -> None:
    lines = [json.loads(line) for line in run("simulate", str(file), "--json").stdout.splitlines()]
    assert lines[0]["type"] == "huiyin.complaint.registered.v1"
    assert {line["example"] for line in lines} == {"registered"}


def test_simulate_says_that_there_is_no_such_example(file: Path) -> None:
    found = run("simulate", str(file), "-e", "nothing")
    assert isinstance(found.exception, InvalidInput)
    assert found.exception.field == "example"


def test_prove_gives_verdicts_as_text_and_as_json(file: Path) -> None:
    file.write_text(SAMPLE.replace("duration: P5WD", "duration: P5WD\n    source: [sample.01]"), encoding="utf-8")
    found = run("prove", str(file), "--lines")
    assert found.exit_code == 0
    assert "sample: 0 of 1 enforced, 1 cited only, 0 not enforced\n  cited: sample.01\n" in found.stdout
    assert "    clocks[handling].duration: P5WD -> P6WD\n" in found.stdout
    assert json.loads(run("prove", str(file), "--json").stdout) == {
        "sample": {"enforced": [], "cited": ["sample.01"], "not_enforced": {}}
    }


def test_a_procedure_that_there_is_not_is_named() -> None:
    found = run("prove", "nothing")
    assert isinstance(found.exception, InvalidInput)
    assert "there is no procedure nothing" in found.exception.message
