"""A case as a person reads it, in the procedure's time zone and either language."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from huiyin.cli.cases import view
from huiyin.cli.cases.commands import find, report_body
from huiyin.cli.cases.view import Language, Reader
from shared.errors import Conflict, InvalidInput, NotFound
from tests.unit.cli.procedure import small_shop

CASE: dict[str, Any] = {
    "case_id": "0b0e6f0e-0000-4000-8000-000000000001",
    "case_number": "S2026-00001",
    "procedure": "small-shop",
    "procedure_version": 1,
    "channel": "telephone",
    "received_at": "2026-07-05T22:30:00+00:00",
    "registered_at": "2026-07-06T06:00:00+00:00",
    "status": "assigned",
    "attributes": {"kind": "after-sales", "injured": False},
    "missing": ["name"],
    "class": None,
    "department": "desk",
    "level": None,
    "links": {"duplicate_of": None, "duplicates": []},
}


def reader(language: Language = "en") -> Reader:
    return Reader(small_shop(), language)


def test_a_heading_names_things_as_the_procedure_does_in_its_own_time() -> None:
    lines = list(view.heading(CASE, reader()))
    assert lines[0] == "S2026-00001  assigned  Small shop (small-shop v1, Europe/Berlin)"
    # 22:30Z is 00:30 of the next day in Berlin's summer
    assert [" ".join(line.split()) for line in lines[1:]] == [
        "case 0b0e6f0e-0000-4000-8000-000000000001",
        "received 2026-07-06 00:30 by Telephone",
        "registered 2026-07-06 08:00",
        "class -",
        "department Service desk",
        "level -",
        "Kind After-sales service",
        "Somebody is hurt no",
        "asked for Name",
    ]


def test_the_same_heading_in_chinese() -> None:
    lines = [" ".join(line.split()) for line in view.heading(CASE, reader("zh"))]
    assert lines[0] == "S2026-00001 已交办 小店 (small-shop v1, Europe/Berlin)"
    assert "收到 2026-07-06 00:30 经 电话" in lines
    assert "类别 售后服务" in lines
    assert "待补充 姓名" in lines


def test_a_case_of_a_procedure_that_is_not_here_shows_ids_and_utc() -> None:
    lines = [" ".join(line.split()) for line in view.heading(CASE, Reader(None, "en"))]
    assert lines[0] == "S2026-00001 assigned small-shop (small-shop v1, UTC)"
    assert "received 2026-07-05 22:30 by telephone" in lines
    assert "kind after-sales" in lines


CLOCKS = [
    ({"state": "running", "due_at": "2026-07-06T22:00:00+00:00"}, "running due 2026-07-06 24:00 (16 h 0 min left)"),
    ({"state": "breached", "due_at": "2026-07-04T05:00:00+00:00"}, "breached due 2026-07-04 07:00 (2 d 1 h over)"),
    ({"state": "met", "due_at": "2026-07-06T06:20:00+00:00"}, "met due 2026-07-06 08:20"),
    ({"state": "paused", "due_at": None}, "paused due -"),
    ({"state": "running", "due_at": "2026-07-06T06:20:00+00:00", "provisional": True},
     "running due 2026-07-06 08:20 (20 min left) [provisional]"),
    ({"state": "met", "due_at": "2026-07-06T06:20:00+00:00", "cycle": 2}, "cycle 2 met due 2026-07-06 08:20"),
]  # fmt: skip


@pytest.mark.parametrize(("clock", "expected"), CLOCKS)
def test_a_clock_tells_its_state_and_how_far_it_is(clock: dict[str, Any], expected: str) -> None:
    answer = {"now": "2026-07-06T06:00:00+00:00", "clocks": [{"clock": "reply", "cycle": 1} | clock]}
    (line,) = view.clocks(answer, reader())
    assert " ".join(line.split()) == f"reply {expected}"


@pytest.mark.parametrize(
    ("left", "en", "zh"),
    [
        (timedelta(days=3, hours=4, minutes=59), "3 d 4 h left", "还有 3 d 4 h"),
        (timedelta(minutes=-61), "1 h 1 min over", "已超过 1 h 1 min"),
        (timedelta(seconds=59), "0 min left", "还有 0 min"),
    ],
)
def test_a_distance_is_shown_in_two_units_at_most(left: timedelta, en: str, zh: str) -> None:
    assert (view.distance(left, reader()), view.distance(left, reader("zh"))) == (en, zh)


def test_an_occurrence_is_one_line_with_its_own_details_only() -> None:
    occurrences = [
        {"occurrence": "assigned:desk", "happened_at": "2026-07-06T06:00:00+00:00", "by": "routing",
         "details": {"department": "desk", "route": None, "cause": "admitted"}},
        {"occurrence": "started:reply", "happened_at": "2026-07-06T06:01:00+00:00", "by": "sla",
         "details": {"clock": "reply", "cycle": 1, "due_at": "2026-07-06T22:00:00Z", "provisional": False}},
        {"occurrence": "resolved", "happened_at": "2026-07-06T07:00:00+00:00", "by": "routing",
         "details": {"milestone": "resolved", "fields": {"ok": True}, "by": "desk"}},
        {"occurrence": "notified:receipt", "happened_at": "2026-07-06T07:00:00+00:00", "by": "notify",
         "details": {"notice_id": "n", "cause": CASE["case_id"], "sink": "file", "attempts": 1}},
    ]  # fmt: skip
    assert list(view.timeline(occurrences, reader())) == [
        "  2026-07-06 08:00  assigned: Service desk  (routing)  cause=admitted",
        "  2026-07-06 08:01  started: reply  (sla)  cycle=1  due_at=2026-07-06 24:00",
        '  2026-07-06 09:00  resolved  (routing)  milestone=resolved  fields={"ok": true}  by=desk',
        "  2026-07-06 09:00  notified: receipt  (notify)  sink=file  attempts=1",
    ]
    assert next(iter(view.timeline(occurrences, reader("zh")))).startswith("  2026-07-06 08:00  交办: 服务台")


def test_a_notice_tells_whom_it_went_to_and_what_became_of_it() -> None:
    found = {"notice": "receipt", "occurred_at": "2026-07-06T07:00:00+00:00", "to": "department"}
    lines = view.notices(
        [found | {"state": "sent", "addressee": "department:desk"}, found | {"state": "failed", "reason": "gone"}],
        reader(),
    )
    assert list(lines) == [
        "  2026-07-06 09:00  receipt -> department:desk  sent",
        "  2026-07-06 09:00  receipt -> department  failed (gone)",
    ]


def test_a_text_of_several_lines_stays_in_its_column() -> None:
    lines = list(view.identity({"identity": {"name": "李", "content": "a\nb"}}, reader()))
    assert lines == ["  Name           李", "  What happened  a\n                 b"]


def test_a_party_has_a_line_for_each_of_its_persons() -> None:
    known = {"content": "x", "respondent": [{"name": "A", "phone": "1"}, {"name": "B"}]}
    lines = list(view.identity({"identity": known}, reader()))
    assert [line.split() for line in lines] == [
        ["What", "happened", "x"],
        ["respondent", "name:", "A,", "phone:", "1"],
        ["respondent", "name:", "B"],
    ]


def test_a_case_is_found_by_id_without_asking_and_by_number_by_asking() -> None:
    assert find(_never, CASE["case_id"].upper()) == CASE["case_id"]
    assert find(lambda _path, number: {"cases": [CASE]}, "S2026-00001") == CASE["case_id"]
    with pytest.raises(NotFound):
        find(lambda _path, number: {"cases": []}, "S2026-00009")
    with pytest.raises(Conflict):
        find(lambda _path, number: {"cases": [CASE, CASE]}, "S2026-00001")


def _never(*_args: object, **_query: object) -> Any:
    raise AssertionError("an id needs no question")


def test_a_report_reads_its_values_as_the_procedure_says() -> None:
    body = report_body(small_shop(), "resolved", "desk", "2026-07-06 08:00", ["note-kind=x"], "reply")
    assert body == {
        "milestone": "resolved",
        "by": "desk",
        "fields": {"note-kind": "x"},
        "at": "2026-07-06T08:00:00+02:00",
        "clock": "reply",
    }


@pytest.mark.parametrize(("at", "fields", "field"), [("noon", [], "--at"), (None, ["oops"], "--field")])
def test_a_report_that_cannot_be_read_names_the_option(at: str | None, fields: list[str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        report_body(small_shop(), "resolved", "desk", at, fields, None)
    assert refused.value.field == field
