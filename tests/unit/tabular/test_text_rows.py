"""Every format, encoding and trap of a file, as tables: what is in the file, and the rows that come out."""

from __future__ import annotations

import gzip
import zipfile
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from huiyin.tabular.source import inspect
from huiyin.tabular.table import open_table
from huiyin.tabular.text_rows import Row, Table, find_delimiter, open_csv, open_jsonl
from huiyin.tabular.workbooks import open_xlsx
from shared.errors import InvalidInput

Read = list[tuple[int, dict[str, object] | str]]


def rows_of(opened: AbstractContextManager[Table]) -> Read:
    """Each row's number with its cells, or with what is wrong with it; empty rows are left out."""
    with opened as table:
        return [as_read(row) for row in table.rows if not row.empty]


def as_read(row: Row) -> tuple[int, dict[str, object] | str]:
    return (row.number, row.problem or dict(row.cells))


NOT_DOUBLED = "a quote inside a quoted field is not doubled"
CSV: list[tuple[str, bytes, Read]] = [
    ("plain", b"a,b\n1,2\n3,4\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
    ("no newline at the end", b"a,b\n1,2", [(2, {"a": "1", "b": "2"})]),
    ("windows line ends", b"a,b\r\n1,2\r\n", [(2, {"a": "1", "b": "2"})]),
    ("old Mac line ends", b"a,b\r1,2\r", [(2, {"a": "1", "b": "2"})]),
    ("semicolons", b"a;b\n1,5;2\n", [(2, {"a": "1,5", "b": "2"})]),
    ("tabs", b"a\tb\n1,5\t2\n", [(2, {"a": "1,5", "b": "2"})]),
    ("bars", b"a|b\n1,5|2\n", [(2, {"a": "1,5", "b": "2"})]),
    ("one column", "内容\n好，不好\n".encode(), [(2, {"内容": "好，不好"})]),
    ("mark of UTF-8", "\ufeff内容,b\n好,2\n".encode(), [(2, {"内容": "好", "b": "2"})]),
    ("GB 18030", "内容,b\n停车费€,2\n".encode("gb18030"), [(2, {"内容": "停车费€", "b": "2"})]),
    ("UTF-16 of a spreadsheet", "内容\tb\r\n好\t2\r\n".encode("utf-16"), [(2, {"内容": "好", "b": "2"})]),
    ("newline in quotes", b'a,b\n"x\ny",2\n3,4\n', [(2, {"a": "x\ny", "b": "2"}), (3, {"a": "3", "b": "4"})]),
    ("doubled quotes", b'a,b\n"x ""y""",2\n', [(2, {"a": 'x "y"', "b": "2"})]),
    ("quote not doubled", b'a,b\n"x "y" z",2\n3,4\n', [(2, NOT_DOUBLED), (3, {"a": "3", "b": "4"})]),
    ("quote not closed", b'a,b\n"x,2\n3,4\n', [(2, "a quoted field is not closed before the end of the file")]),
    ("too few and too many columns", b"a,b\n1\n1,2,3\n4,5\n",
     [(2, "1 columns instead of 2"), (3, "3 columns instead of 2"), (4, {"a": "4", "b": "5"})]),
    ("empty lines are counted", b"a,b\n\n1,2\n,\n ,  \n\n3,4\n\n",
     [(3, {"a": "1", "b": "2"}), (7, {"a": "3", "b": "4"})]),
    ("NUL", b"a,b\n1\x00,2\n", [(2, {"a": "1\x00", "b": "2"})]),
    ("the same row twice stays twice", b"a,b\n1,2\n1,2\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "1", "b": "2"})]),
    ("a formula is text", b"a,b\n=1+1,2\n", [(2, {"a": "=1+1", "b": "2"})]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), [(c, e) for _, c, e in CSV], ids=[name for name, _, _ in CSV])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_a_csv_file_gives_its_rows(tmp_path: Path, content: bytes, expected: Read, packed: bool) -> None:
    path = tmp_path / ("x.csv.gz" if packed else "x.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert rows_of(open_csv(inspect(path))) == expected


def test_a_field_beyond_the_limit_is_a_malformed_row_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n" + b"x" * (9 << 20) + b",2\n3,4\n")
    assert rows_of(open_csv(inspect(path))) == [
        (2, "a field is longer than 8388608 characters"),
        (3, {"a": "3", "b": "4"}),
    ]


JSONL: list[tuple[str, bytes, Read]] = [
    ("plain", b'{"a": "1", "n": 2}\n{"a": null}\n', [(1, {"a": "1", "n": 2})]),
    ("windows line ends and a mark", '\ufeff{"a": "好"}\r\n'.encode(), [(1, {"a": "好"})]),
    ("GB 18030", '{"a": "好"}\n'.encode("gb18030"), [(1, {"a": "好"})]),
    ("empty lines are counted", b'\n{"a": "1"}\n\n \n{"a": "2"}', [(2, {"a": "1"}), (5, {"a": "2"})]),
    ("bad JSON", b'{"a": "1"\n{"a": "2"}\n', [(1, "this is not valid JSON"), (2, {"a": "2"})]),
    ("not a number", b'{"a": NaN}\n', [(1, "this is not valid JSON")]),
    ("not an object", b'["a"]\n"b"\n', [(1, "this is not a JSON object"), (2, "this is not a JSON object")]),
    ("too deep", b"[" * 100_000 + b"\n", [(1, "this is not valid JSON")]),
    ("nested", b'{"a": {"b": 1}}\n', [(1, {"a": "nested"})]),
    ("half a character", b'{"a": "\\ud800"}\n', [(1, {"a": "\ud800"})]),
]


@pytest.mark.parametrize(("content", "expected"), [(c, e) for _, c, e in JSONL], ids=[name for name, _, _ in JSONL])
def test_a_jsonl_file_gives_its_rows(tmp_path: Path, content: bytes, expected: Read) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    assert rows_of(open_jsonl(inspect(path))) == expected


def test_a_line_beyond_the_limit_is_a_malformed_row_and_reading_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": "' + b"x" * (17 << 20) + b'"}\n{"a": "2"}\n')
    assert rows_of(open_jsonl(inspect(path))) == [(1, "a line is longer than 8388608 characters"), (2, {"a": "2"})]


def workbook(path: Path) -> Path:
    """A sheet with texts, a number, a date, a formula that was never computed, an error, a gap and a wide row."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "投诉"
    for line in (
        ["内容", "电话", "时间"],
        ["坏了", 13800138000, datetime(2026, 1, 5, 8, 9)],  # noqa: DTZ001
        ["=1+1", None, None],
        ["#N/A", None, None],
        [],
        [None, None, None],
        ["x", None, 46027.5],
        ["y", None, None, None, "beyond"],
    ):
        sheet.append(line)
    sheet["A4"].data_type = "e"
    book.create_sheet("second").append(["a"])
    book.save(path)
    return path


WORKBOOK: Read = [
    (2, {"内容": "坏了", "电话": 13800138000, "时间": datetime(2026, 1, 5, 8, 9)}),  # noqa: DTZ001
    (3, "a formula has no stored value: open and save the file in a spreadsheet program"),
    (4, "a cell holds an error of the spreadsheet program"),
    (7, {"内容": "x", "时间": 46027.5}),
    (8, "5 columns instead of 3"),
]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_a_workbook_gives_its_rows(tmp_path: Path, packed: bool) -> None:
    path = workbook(tmp_path / "x.xlsx")
    if packed:
        path = tmp_path / "x.xlsx.gz"
        path.write_bytes(gzip.compress((tmp_path / "x.xlsx").read_bytes()))
    assert rows_of(open_xlsx(inspect(path), None)) == WORKBOOK


def test_a_computed_formula_gives_the_value_that_the_spreadsheet_program_stored(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for line in (["a"], ["=1+1"]):
        book.active.append(line)
    book.save(tmp_path / "draft.xlsx")
    with zipfile.ZipFile(tmp_path / "draft.xlsx") as draft, zipfile.ZipFile(tmp_path / "x.xlsx", "w") as saved:
        for name in draft.namelist():  # as a spreadsheet program saves it: with the value beside the formula
            saved.writestr(name, draft.read(name).replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
                           .replace(b"<f>1+1</f><v/>", b"<f>1+1</f><v>2</v>")
                           .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"))  # fmt: skip
    assert rows_of(open_xlsx(inspect(tmp_path / "x.xlsx"), None)) == [(2, {"a": 2})]


def test_a_sheet_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as refused, open_xlsx(inspect(workbook(tmp_path / "x.xlsx")), "third"):
        pass
    assert refused.value.hint == "there are: 投诉, second"


BROKEN: list[tuple[str, bytes, str]] = [
    ("x.pdf", b"%PDF", "this kind of file is not known"),
    ("x.xls", b"\xd0\xcf", "this kind of file is not known"),
    ("x.csv", b"", "the file is empty"),
    ("x.csv", b"a,b\n\xff\xff,1\n", "the text is not UTF-8 or GB 18030"),
    ("x.csv.gz", gzip.compress(b"a,b\n" * 1000, mtime=0)[:-20], "the gz file is damaged or cut off"),
    ("x.csv.gz", b"a,b\n", "the gz file is damaged or cut off"),
    ("x.xlsx", b"a,b\n", "this is not a workbook that can be read"),
]


@pytest.mark.parametrize(("name", "content", "message"), BROKEN)
def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidInput) as refused:
        rows_of(open_table(inspect(tmp_path / name)))
    assert refused.value.message == message


def test_a_file_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        inspect(tmp_path / "none.csv")


def test_the_same_content_packed_or_not_is_the_same_import(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "x.csv.gz").write_bytes(gzip.compress(b"a,b\n1,2\n", mtime=0))
    assert inspect(tmp_path / "x.csv").digest == inspect(tmp_path / "x.csv.gz").digest


def test_a_named_encoding_overrules_what_is_found(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes("café,b\nné,2\n".encode("cp1252"))
    assert rows_of(open_csv(inspect(tmp_path / "x.csv", "cp1252"))) == [(2, {"café": "né", "b": "2"})]
    with pytest.raises(InvalidInput):
        inspect(tmp_path / "x.csv", "no-such-encoding")


def test_a_mistake_in_the_encoding_far_into_the_file_is_found_before_the_first_row(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(b"a,b\n" + b"1,2\n" * 600_000 + "停车,2\n".encode("gb18030"))
    assert inspect(tmp_path / "x.csv").encoding == "gb18030"


def test_commas_within_free_text_do_not_make_the_delimiter() -> None:
    assert find_delimiter("id;text\n1;a, b, c, d\n2;e, f\n") == ";"
    assert find_delimiter('a,b\n"1;2;3",x\n"4;5;6",y\n') == ","
