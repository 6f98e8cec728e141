"""`huiyin report`: what a person reads of a report, in a table, a CSV file and a workbook."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from huiyin.cli.cases.view import Reader
from huiyin.cli.reports import commands, view
from huiyin.cli.reports.sheets import Sheet, write_csv, write_xlsx
from shared.errors import Conflict, NotFound
from tests.unit.intake.report_sample import PROCEDURE

ZH, EN = Reader(PROCEDURE, "zh"), Reader(PROCEDURE, "en")
THEN = {"period": "2025-02", "complete": True}
EDITION: dict[str, Any] = {
    "edition": 1,
    "computed_at": "2025-04-01T00:00:05+00:00",
    "computed_by": None,
    "cases": 4,
    "figures": [
        {"kind": "count", "count": "received", "value": 4, "against": {**THEN, "value": 3}},
        {"kind": "count", "count": "breached", "value": 1, "against": {**THEN, "complete": False, "value": 0}},
        {
            "kind": "count",
            "by": "channel",
            "groups": [{"key": "letter", "value": 3}, {"key": "telephone", "value": 1}],
            "more": True,
            "against": {**THEN, "groups": [{"key": "letter", "value": 2}], "more": False},
        },
        {
            "kind": "rate",
            "rate": ["closed", "valid"],
            "numerator": 2,
            "denominator": 3,
            "against": {**THEN, "numerator": 1, "denominator": 2},
        },
        {
            "kind": "rate",
            "rate": ["closed", "valid"],
            "by": "judged.valid",
            "groups": [{"key": None, "numerator": 0, "denominator": 0}],
            "more": False,
            "against": {**THEN, "groups": [], "more": False},
        },
    ],
}
ROW: dict[str, Any] = {
    "report_id": "0b0e5a3c-7b6f-8f3c-9d7a-0f1c2d3e4f5a",
    "procedure": PROCEDURE.id,
    "procedure_version": 1,
    "report": "monthly",
    "name": {"zh": "月报", "en": "Monthly report"},
    "period": "2025-03",
    "round": 1,
    "office": None,
    "first_day": "2025-03-01",
    "last_day": "2025-03-31",
    "ready_at": "2025-03-31T16:00:00+00:00",
    "due_at": "2025-04-02T16:00:00+00:00",
    "state": "made",
    "by": ["desk", "head"],
    "to": ["head"],
    "edition": 1,
    "made_at": "2025-04-01T02:00:00+00:00",
    "made_by": "desk",
    "person": "a-17",
    "fields": {"meeting": True},
    "texts": {"causes": "=1+1"},
    "editions": [EDITION],
}


def test_figures_stand_with_what_they_are_of_and_with_those_of_the_period_before() -> None:
    assert list(view.figure_rows(ROW, EDITION, EN)) == [
        ["received", None, 4, None, None, "2025-02", 3, None, "+33.33%"],
        ["breached", None, 1, None, None, "2025-02 (incomplete)", 0, None, None],
        ["all its cases · channel", "Letter", 3, None, None, "2025-02", 2, None, "+50.00%"],
        ["all its cases · channel", "Telephone", 1, None, None, "2025-02", 0, None, None],
        ["all its cases · channel", "(more are left out)"],
        ["closed / Valid", None, 2, 3, "66.67%", "2025-02", 1, 2, "+16.67pp"],
        ["closed / Valid · Valid", "not known", 0, 0, None, "2025-02", 0, 0, None],
    ]


def test_everything_is_there_in_chinese() -> None:
    rows = list(view.figure_rows(ROW, EDITION, ZH))
    assert [row[0] for row in rows[:4]] == ["收到投诉", "超期", "全部案件 · 渠道", "全部案件 · 渠道"]
    assert dict(view.heading(ROW, ZH)) == {
        "状态": "已签报",
        "起止日期": "2025-03-01 – 2025-03-31",
        "可签报": "2025-04-01 00:00",
        "到期": "2025-04-02 24:00",
        "由": "窗口, 负责人",
        "报送": "负责人",
        "签报": "2025-04-01 10:00 窗口 (a-17)",
        "已开会": "是",
        "原因": "=1+1",
    }
    assert view.title(ROW, ZH) == "月报 2025-03"
    assert view.list_row(ROW, ZH)[3:] == ["已签报", "2025-04-02 24:00", "窗口, 负责人", "2025-04-01 10:00 窗口"]


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (Fraction(1, 3), "33.33%"),
        (Fraction(2, 3), "66.67%"),
        (Fraction(1, 1), "100.00%"),
        (Fraction(1, 80_000), "0.00%"),
        (Fraction(-1, 3), "-33.33%"),
        (Fraction(8039, 10_000), "80.39%"),
    ],
)
def test_a_share_is_shown_to_two_places(share: Fraction, shown: str) -> None:
    assert view.percent(share) == shown


def test_columns_hold_chinese_and_numbers() -> None:
    assert list(view.table(["统计项", "数量"], [["收到投诉", 4], ["超期", 120]])) == [
        "  统计项    数量",
        "  收到投诉     4",
        "  超期       120",
    ]


def test_a_workbook_keeps_numbers_and_makes_no_formula_of_a_text(tmp_path: Path) -> None:
    sheets = [Sheet("figures", ["a", "b"], [["=1+1", 4], ["plain", None]])]
    write_xlsx(tmp_path / "x.xlsx", sheets)
    page = openpyxl.load_workbook(tmp_path / "x.xlsx")["figures"]
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [["a", "b"], ["=1+1", 4], ["plain", None]]
    assert page["A2"].data_type == "s"
    assert (tmp_path / "x.xlsx").stat().st_mode & 0o777 == 0o600


def test_a_csv_file_makes_no_formula_of_a_text_either(tmp_path: Path) -> None:
    write_csv(tmp_path / "x.csv", [Sheet("a", ["统计项"], [["=1+1"], ["+33.33%"], [4]]), Sheet("b", ["c"], [])])
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["统计项"], ["'=1+1"], ["+33.33%"], ["4"], [], ["c"]]


def answers(rows: list[dict[str, Any]]) -> Any:
    return lambda _path, **_query: {"reports": rows, "next": None}


def test_a_report_is_found_by_its_words_and_the_last_period_is_meant() -> None:
    later = ROW | {"report_id": "later", "first_day": "2025-04-01"}
    assert commands._find(answers([later, ROW]), "monthly", None, None, 1, None) == "later"
    assert commands._find(answers([]), ROW["report_id"], None, None, 1, None) == ROW["report_id"]
    with pytest.raises(NotFound):
        commands._find(answers([ROW]), "monthly", None, None, 2, None)
    with pytest.raises(Conflict) as caught:
        commands._find(answers([ROW, ROW | {"procedure": "other"}]), "monthly", None, None, 1, None)
    assert caught.value.hint == "name one with --procedure"
    own = [ROW | {"office": office, "report_id": office} for office in ("desk", "shop")]
    assert commands._find(answers(own), "monthly", None, None, 1, "shop") == "shop"
    with pytest.raises(Conflict) as caught:
        commands._find(answers(own), "monthly", None, None, 1, None)
    assert caught.value.field == "--office"


def test_what_is_written_into_a_report_is_read_by_its_fields() -> None:
    assert commands._fields(PROCEDURE, "monthly", ["meeting=是", "causes=原因"]) == {"meeting": True, "causes": "原因"}
