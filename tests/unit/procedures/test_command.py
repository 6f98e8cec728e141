"""`huiyin procedure`: what people see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from huiyin.cli.rules import procedure
from shared.errors import InvalidInput
from shared.procedures.loader import LIBRARY_FOLDER, load_library
from tests.unit.procedures.sample import SAMPLE, changed

SHIPPED = [one.id for one in load_library().all()]


def run(*words: str) -> Result:
    app = typer.Typer()
    procedure.register(app)
    app.callback()(lambda: None)
    return CliRunner().invoke(app, ["procedure", *words])


def test_the_list_names_every_procedure_in_the_language_asked_for() -> None:
    assert [line.split()[0] for line in run("list").stdout.splitlines()] == SHIPPED
    assert "商场顾客投诉与建议" in run("list", "--lang", "zh").stdout


def test_a_folder_of_further_procedures_is_listed_too(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_text(SAMPLE, encoding="utf-8")
    assert "sample  v1  2020-01-01  Sample" in run("list", "--folder", str(tmp_path)).stdout


@pytest.mark.parametrize("id", SHIPPED)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_part_of_a_procedure_is_shown(id: str, lang: str) -> None:
    shown = run("show", id, "--lang", lang)
    assert shown.exit_code == 0
    one = load_library().get(id)
    parts = (one.channels, one.fields, one.classes, one.levels, one.clocks, one.notices, one.reports, one.rules)
    for element in (element for part in parts for element in part):
        assert f"\n  {element.id}: " in shown.stdout


def test_numbered_documents_and_follow_ups_are_shown() -> None:
    assert (
        "\n  non-filing-notice: Non-filing notice (不立字[{year}]第{number}号; states received-on,"
        in run("show", "social-insurance-levy-complaints").stdout
    )
    assert "\nFollow-ups\n  result-visit: resolved\n" in run("show", "vanke-developer").stdout


def test_facts_are_shown_only_when_asked_for() -> None:
    statement = "A complaint that was accepted, transferred or assigned must be completed within 10 working days"
    assert statement in run("show", "baoshan-efficiency", "--facts").stdout
    assert statement not in run("show", "baoshan-efficiency").stdout


def test_a_file_can_be_shown_before_it_is_in_any_library(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(SAMPLE, encoding="utf-8")
    assert "clerk: Clerk: PT15M" in run("show", str(file)).stdout.replace("店员", "")


@pytest.mark.parametrize("id", SHIPPED)
def test_a_shipped_procedure_passes_its_check(id: str) -> None:
    checked = run("check", str(LIBRARY_FOLDER / f"{id}.yaml"))
    assert (checked.exit_code, checked.stdout) == (0, "")


def test_a_procedure_is_checked_by_its_id_as_well(tmp_path: Path) -> None:
    checked = run("check", "shopping-mall")
    assert (checked.exit_code, checked.stdout) == (0, "")
    (tmp_path / "first.yaml").write_text(SAMPLE, encoding="utf-8")
    second = changed("default_department: desk", "default_department: shop").replace("version: 1", "version: 2")
    (tmp_path / "second.yaml").write_text(second, encoding="utf-8")
    assert "no such department: shop" in run("check", "sample", "--folder", str(tmp_path)).stdout


def test_a_check_starts_without_what_only_the_services_need() -> None:
    """Its start is most of what a check of a small file takes."""
    code = (
        "import sys; sys.argv[1:] = ['procedure', 'check', 'shopping-mall']; from huiyin.main import main\n"
        "try: main()\nfinally: print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "shared" in loaded
    assert loaded & {"pydantic_settings", "sqlalchemy", "asyncpg", "aiokafka", "starlette", "httpx", "asyncio"} == set()


def test_an_id_that_there_is_not_is_answered_with_the_nearest() -> None:
    failed = run("check", "shoping-mall").exception
    assert isinstance(failed, InvalidInput)
    assert (failed.field, failed.hint) == ("procedure", "did you mean shopping-mall?")


def test_a_check_prints_findings_and_exits_1_on_errors(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(changed("default_department: desk", "default_department: shop"), encoding="utf-8")
    checked = run("check", str(file))
    assert checked.exit_code == 1
    assert (
        checked.stdout
        == "error: sample.yaml line 45: default_department: no such department: shop; there are: desk, office\n"
    )
    assert "没有声明的部门" in run("check", str(file), "--lang", "zh").stdout


def test_a_check_of_a_file_that_breaks_the_language_prints_every_mistake(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(changed("version: 1", "version: one").replace("type: boolean", "type: flag"), encoding="utf-8")
    checked = run("check", str(file))
    assert checked.exit_code == 1
    assert [line.split(": ")[2] for line in checked.stdout.splitlines()] == ["version", "fields[urgent].type"]


def test_a_warning_alone_does_not_fail_a_check(tmp_path: Path) -> None:
    file = tmp_path / "sample.yaml"
    file.write_text(changed("at: [resolved]", "at: [resolved, merged]"), encoding="utf-8")
    checked = run("check", str(file))
    assert checked.exit_code == 0
    assert checked.stdout.startswith("warning: sample.yaml line 77: notices[result].at: ")


def test_the_schema_is_printed_as_json() -> None:
    assert json.loads(run("schema").stdout)["title"] == "Procedure"


def test_how_to_complain_is_printed_in_the_language_asked_for() -> None:
    assert run("how-to", "shopping-mall").stdout.startswith("怎样投诉：商场顾客投诉与建议\n")
    assert run("how-to", "shopping-mall", "--lang", "en").stdout.startswith("How to complain: Shopping-mall")
