import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from huiyin.bench import business_time as bench
from huiyin.cli.rules import calendar
from shared.business_time.loader import load_calendars
from shared.errors import CalendarError, Conflict, NotFound

OWN = """\
id: own
version: "1"
time_zone: Europe/Berlin
name: {zh: 自有, en: Own}
week: {sun: [["02:30", "03:15"]], mon: [["09:00", "17:00"]]}
"""


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> typer.Typer:
    monkeypatch.delenv("HUIYIN_CALENDARS", raising=False)
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path / "home"))
    app = typer.Typer()
    calendar.register(app)
    bench.register(app)
    return app


def run(app: typer.Typer, *arguments: str) -> str:
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_list_names_the_calendars_and_how_far_they_are_official(app: typer.Typer) -> None:
    rows = {row["id"]: row for row in json.loads(run(app, "calendar", "list", "--json"))}

    assert set(rows) == {"always", "cn", "cn-mall"}
    assert rows["cn"]["published_until"] == "2026-12-31"
    assert "official until 2026-12-31" in run(app, "calendar", "list")


def test_show_gives_a_year_of_a_calendar(app: typer.Typer) -> None:
    facts = json.loads(run(app, "calendar", "show", "cn", "--year", "2025", "--lang", "zh", "--json"))

    assert facts["week"]["mon"] == [["09:00", "12:00"], ["13:30", "17:30"]]
    assert facts["holidays"]["2025-01-29"] == "春节"
    assert sorted(facts["makeup_workdays"]) == ["2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"]
    # January 2025: 23 weekdays - 1 Jan - 28, 29, 30, 31 Jan + Sun 26 Jan
    assert facts["working_days"][0] == 23 - 5 + 1
    assert facts["provisional"] is False
    assert "provisional" in run(app, "calendar", "show", "cn", "--year", "2027")


def test_show_refuses_what_it_does_not_know(app: typer.Typer) -> None:
    with pytest.raises(NotFound):
        run(app, "calendar", "show", "nowhere")
    assert CliRunner().invoke(app, ["calendar", "show", "cn", "--lang", "fr"]).exit_code == 2


def test_load_checks_a_file_and_puts_it_into_the_folder_that_services_read(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "anything.yaml"
    file.write_text(OWN, encoding="utf-8")

    output = run(app, "calendar", "load", str(file))

    assert load_calendars(tmp_path / "home" / "calendars")["own"].name.zh == "自有"
    assert [path.name for path in (tmp_path / "home" / "calendars").iterdir()] == ["own.yaml"]
    assert "45 minutes less" in output  # the Sunday of spring
    assert "own" in run(app, "calendar", "list")
    run(app, "calendar", "load", str(file))  # the same again is no conflict


def test_load_follows_the_folder_that_the_environment_or_the_option_names(
    app: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    monkeypatch.setenv("HUIYIN_CALENDARS", str(tmp_path / "named"))

    run(app, "calendar", "load", str(file), "--home", str(tmp_path / "other"))  # whose services read there too
    monkeypatch.delenv("HUIYIN_CALENDARS")
    run(app, "calendar", "load", str(file), "--home", str(tmp_path / "other"))

    assert (tmp_path / "named" / "own.yaml").is_file()
    assert (tmp_path / "other" / "calendars" / "own.yaml").is_file()


def test_load_refuses_other_content_under_a_version_that_is_loaded(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    run(app, "calendar", "load", str(file))

    file.write_text(OWN.replace("09:00", "08:00"), encoding="utf-8")
    with pytest.raises(Conflict):
        run(app, "calendar", "load", str(file))
    file.write_text(OWN.replace("09:00", "08:00").replace('"1"', '"2"'), encoding="utf-8")
    run(app, "calendar", "load", str(file))

    assert load_calendars(tmp_path / "home" / "calendars")["own"].version == "2"


def test_load_refuses_a_bad_file_and_leaves_the_folder_alone(app: typer.Typer, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(OWN.replace("17:00", "08:00"), encoding="utf-8")

    with pytest.raises(CalendarError) as caught:
        run(app, "calendar", "load", str(file))

    assert caught.value.field == "bad.yaml: week.mon.0"
    assert not (tmp_path / "home").exists()


def test_the_bench_measures_and_a_span_of_ten_years_costs_what_one_day_does(app: typer.Typer) -> None:
    figures = json.loads(run(app, "bench", "business-time", "--json", "--rounds", "3", "--lines", "2000"))

    # a day loop would cost 3,650 times as much; a machine that others work on gives 10 now and then
    assert 0 < figures["add_cost_10_years_to_1_day"] < 100
    assert 0 < figures["elapsed_cost_10_years_to_1_day"] < 100
    assert 0 < figures["line_cost_in_json_round_trips"] < 6
    assert figures["command_lines_per_second"] > 0
    assert figures["command_own_line_cost_in_json_round_trips"] > 0
    assert "business-time additions" in run(app, "bench", "business-time", "--rounds", "1", "--lines", "0")
