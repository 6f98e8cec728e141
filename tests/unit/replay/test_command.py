"""`huiyin replay`, from files that are written here to the reports that come out."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import typer
from typer.testing import CliRunner, Result

from huiyin.main import build
from huiyin.replay.command import register
from shared.errors import HuiyinError

HEADER = ("Number", "Received", "Answered", "Due", "Agency")
# Due on the third working day: 29 September 2025 is a Monday, 1 to 8 October are holidays, the 11th is worked.
ROWS = (
    ("1", "2025-09-29 09:00", "2025-09-30 17:00", "2025-10-01", "water"),  # met: 1 working day
    ("2", "2025-09-29 10:00", "2025-10-11 10:00", "2025-10-11", "water"),  # late: due on the 10th, 1 day late
    ("3", "2025-09-29 11:00", "", "2025-10-20", "roads"),  # breached, still open
    ("4", "2025-10-13 09:00", "2025-10-16 23:00", "2025-10-14", "roads"),  # met: 3 working days
    ("5", "2025-10-16 09:00", "", "", "roads"),  # open
    ("6", "2025-10-16 09:00", "2025-10-15 09:00", "", "roads"),  # answered before it was received
    ("7", "", "2025-10-15 09:00", "", "parks"),  # never received
    ("8", "16/10/2025", "", "", "parks"),  # unreadable
)
APP = typer.Typer()
register(APP)  # one command alone goes without its name
COLUMNS = ("--received", "received", "--answered", "answered")


@pytest.fixture
def history(tmp_path: Path) -> Path:
    file = tmp_path / "history.csv"
    with file.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([HEADER, *ROWS])
    return file


def replay(file: Path, *options: str) -> Result:
    return CliRunner().invoke(APP, [str(file), *COLUMNS, *options], catch_exceptions=False)


def report(file: Path, *options: str) -> Any:
    return json.loads(replay(file, *options, "--format", "json").stdout)


def error(file: Path, *options: str) -> HuiyinError:
    with pytest.raises(HuiyinError) as raised:
        CliRunner().invoke(APP, [str(file), *options], catch_exceptions=False)
    return raised.value


STATES = ("cycles", "met", "late", "breached", "open", "cancelled", "undated")


def counts(clock: dict[str, Any]) -> list[int]:
    return [clock[state] for state in STATES]


def test_the_command_is_a_part_of_huiyin(history: Path) -> None:
    shown = CliRunner().invoke(
        build(), ["replay", str(history), *COLUMNS, "--duration", "P3WD"], catch_exceptions=False
    )
    assert "50.0%" in shown.stdout


def test_a_target_of_three_working_days_is_judged(history: Path) -> None:
    found = report(history, "--duration", "P3WD")
    clock = found["clocks"]["target-p3wd"]
    assert (found["rows"], found["cases"], found["refused"]["cases"]) == (8, 5, 3)
    assert counts(clock) == [5, 2, 1, 1, 1, 0, 0]
    assert (clock["on_time_share"], clock["measure"]) == (0.5, "working-days")
    # 1, 3 and 4 working days
    assert clock["elapsed"] == {"p50": 3.0, "p75": 4.0, "p90": 4.0, "p95": 4.0, "p99": 4.0, "max": 4.0}
    assert clock["late_by"]["p50"] == 1.0
    assert clock["breaches_by_month"] == {"2025-10": 2}
    assert found["until"] == "2025-10-16T23:00:00+08:00"


def test_refused_rows_are_counted_by_reason_and_written_as_they_stand(history: Path, tmp_path: Path) -> None:
    found = report(history, "--duration", "P3WD", "--refused", str(tmp_path / "refused.jsonl"))
    assert {(one["code"], one["field"], one["first_row"]) for one in found["refused"]["reasons"]} == {
        ("answered-before-received", "--answered", 7),
        ("no-received", "--received", 8),
        ("not-a-time", "--received", 9),
    }
    lines = [json.loads(line) for line in (tmp_path / "refused.jsonl").read_text("utf-8").splitlines()]
    assert [line["row"] for line in lines] == [7, 8, 9]
    assert lines[0]["original"] == dict(zip(HEADER, ROWS[5], strict=True))
    assert (tmp_path / "refused.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_row_s_own_due_date_is_a_target_until_the_end_of_that_day(history: Path) -> None:
    clock = report(history, "--due", "Due")["clocks"]["target-due"]
    # 1 and 2 in time, 4 two days late, 3 not due yet, 5 without a date
    assert counts(clock) == [5, 2, 1, 0, 1, 0, 1]


def test_an_earlier_end_of_history_knows_less(history: Path) -> None:
    found = report(history, "--duration", "P3WD", "--until", "2025-10-10")
    assert counts(found["clocks"]["target-p3wd"]) == [3, 1, 0, 2, 0, 0, 0]
    reasons = {one["code"]: one["cases"] for one in found["refused"]["reasons"]}
    assert reasons["received-after-the-end"] == 2


def test_a_procedure_of_the_library_stands_beside_a_target(history: Path) -> None:
    found = report(history, "--procedure", "baoshan-efficiency", "--duration", "PT24H", "--by", "agency")
    assert list(found["clocks"]) == ["handling", "target-pt24h"]
    assert counts(found["clocks"]["handling"]) == [5, 3, 0, 0, 2, 0, 0]
    groups = found["groups"]
    assert {name: one["cases"] for name, one in groups.items()} == {"roads": 3, "water": 2}
    assert sum(one["clocks"]["handling"]["met"] for one in groups.values()) == 3


def test_facts_and_milestones_make_a_conditional_clock_hold(history: Path) -> None:
    options = ("--procedure", "shopping-mall", "--clock", "opinion", "--milestone", "admitted=")
    judged = report(history, *options, "--answered-as", "opinion-given", "--set", "unsuitable=true")
    without = report(history, *options, "--answered-as", "opinion-given")
    assert counts(judged["clocks"]["opinion"])[:4] == [5, 0, 3, 2]
    assert without["clocks"]["opinion"]["cases_not_started"] == 5


def test_a_csv_has_a_line_per_case_and_clock_and_the_summary_beside_it(history: Path, tmp_path: Path) -> None:
    lines = tmp_path / "lines.csv"
    shown = replay(history, "--duration", "P3WD", "--case", "number", "--format", "csv", "--output", str(lines))
    with lines.open(encoding="utf-8-sig", newline="") as stream:
        told = list(csv.DictReader(stream))
    assert [(one["case"], one["state"], one["elapsed"], one["late_by"]) for one in told] == [
        ("1", "met", "1", ""),
        ("2", "late", "4", "1"),
        ("3", "breached", "", ""),
        ("4", "met", "3", ""),
        ("5", "open", "", ""),
    ]
    assert told[1]["received"] == "2025-09-29T10:00:00+08:00"
    assert told[1]["due"] == "2025-10-11T00:00:00+08:00"
    assert told[1]["late_seconds"] == "36000"
    assert "50.0%" in shown.stderr
    assert shown.stdout == ""


def test_an_event_log_is_joined_by_its_case(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl.gz"
    events = [
        {"case": "a", "at": "2025-09-29T09:00:00+08:00"},
        {"case": "b", "at": "2025-09-29T09:00:00+08:00"},
        {"case": "a", "at": "2025-10-13T09:00:00+08:00"},
        {"case": "b", "at": "2025-09-30T09:00:00+08:00"},
    ]
    with gzip.open(log, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(event) + "\n" for event in events)
    options = ["--received", "at", "--answered", "at", "--case", "case", "--duration", "P3WD", "--format", "json"]
    found = json.loads(CliRunner().invoke(APP, [str(log), *options], catch_exceptions=False).stdout)
    assert (found["rows"], found["cases"]) == (4, 2)
    assert counts(found["clocks"]["target-p3wd"])[:3] == [2, 1, 1]


def test_a_workbook_gives_what_its_csv_gives(history: Path, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (HEADER, *ROWS):
        book.worksheets[0].append(row)
    book.save(tmp_path / "history.xlsx")
    of_book, of_csv = (report(file, "--duration", "P3WD") for file in (tmp_path / "history.xlsx", history))
    assert of_book["clocks"] == of_csv["clocks"]


def test_the_text_speaks_both_languages(history: Path) -> None:
    zh = replay(history, "--procedure", "baoshan-efficiency", "--lang", "zh").stdout
    en = replay(history, "--procedure", "baoshan-efficiency", "--lang", "en").stdout
    assert "办理期限" in zh
    assert "答复早于收到" in zh
    assert "Handling" in en
    assert "it was answered before it was received" in " ".join(en.split())


def test_nothing_is_left_beside_the_file(history: Path) -> None:
    replay(history, "--duration", "P3WD")
    assert [one.name for one in history.parent.iterdir()] == ["history.csv"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ((*COLUMNS,), "--procedure"),
        ((*COLUMNS, "--duration", "15 days"), "--duration"),
        ((*COLUMNS, "--duration", "-P1D"), "--duration"),
        ((*COLUMNS, "--duration", "P1D", "--duration", "p1d"), "--duration"),
        ((*COLUMNS, "--duration", "P1D", "--calendar", "moon"), "--calendar"),
        ((*COLUMNS, "--procedure", "baoshan-efficiency", "--calendar", "cn"), "--calendar"),
        ((*COLUMNS, "--procedure", "baoshan-efficiency", "--clock", "nap"), "--clock"),
        ((*COLUMNS, "--duration", "P1D", "--clock", "handling"), "--clock"),
        ((*COLUMNS, "--procedure", "no-such"), "--procedure"),
        ((*COLUMNS, "--procedure", "no-such.yaml"), "--procedure no-such.yaml"),
        ((*COLUMNS, "--duration", "P1D", "--time-zone", "Mars/Base"), "--time-zone"),
        ((*COLUMNS, "--procedure", "baoshan-efficiency", "--time-zone", "Mars/Base"), "--time-zone"),
        ((*COLUMNS, "--duration", "P1D", "--until", "soon"), "--until"),
        ((*COLUMNS, "--duration", "P1D", "--answered-as", "napped"), "--answered-as"),
        ((*COLUMNS, "--duration", "P1D", "--answered-as", "received"), "--answered-as"),
        ((*COLUMNS, "--duration", "P1D", "--milestone", "napped=Due"), "--milestone"),
        ((*COLUMNS, "--duration", "P1D", "--milestone", "assigned"), "--milestone"),
        ((*COLUMNS, "--duration", "P1D", "--milestone", "assigned:moon=Due"), "--milestone"),
        ((*COLUMNS, "--duration", "P1D", "--milestone", "assigned=Moon"), "--milestone assigned"),
        ((*COLUMNS, "--duration", "P1D", "--set", "mood=good"), "--set mood"),
        ((*COLUMNS, "--procedure", "shopping-mall", "--set", "unsuitable=perhaps"), "--set unsuitable"),
        ((*COLUMNS, "--duration", "P1D", "--map", "mood=Agency"), "--map mood"),
        ((*COLUMNS, "--procedure", "shopping-mall", "--map", "unsuitable=Moon"), "--map unsuitable"),
        ((*COLUMNS, "--duration", "P1D", "--by", "Moon"), "--by"),
        ((*COLUMNS, "--duration", "P1D", "--case", "Moon"), "--case"),
        ((*COLUMNS, "--due", "Moon"), "--due"),
        (("--received", "Moon", "--answered", "Answered", "--duration", "P1D"), "--received"),
        (("--received", "Agency", "--answered", "Answered", "--duration", "P1D"), "FILE"),
        ((*COLUMNS, "--duration", "P1D", "--output", "/no/such/folder/report"), "--output"),
    ],
)
def test_a_bad_option_is_named_in_one_line(history: Path, options: Sequence[str], field: str) -> None:
    found = error(history, *options)
    assert found.field == field
    assert "\n" not in found.message
