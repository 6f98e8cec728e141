"""Columns find their fields, and what can never be registered is refused before the first row is sent."""

from __future__ import annotations

import pytest

from huiyin.importing.columns import Reason, idempotency_key
from huiyin.tabular.text_rows import Cell, Row
from shared.errors import InvalidInput
from tests.unit.cli.procedure import columns

# header -> (column by field, columns that are not sent)
MATCHED: list[tuple[list[str], dict[str, str], list[str]]] = [
    (["content", "name"], {"content": "content", "name": "name"}, []),
    (["留言详情", "投诉人", "编号"], {"content": "留言详情", "name": "投诉人"}, ["编号"]),
    (["What happened", "NAME "], {"content": "What happened", "name": "NAME "}, []),
    (["description", "content"], {"content": "content"}, ["description"]),  # an id beats an alias
    (["description", "留言详情"], {"content": "description"}, ["留言详情"]),  # of equals the leftmost
    (["内容", "content", ""], {"content": "content"}, ["内容"]),  # an id beats a label; no name, no word
    (["content", "Created Date", "渠道", "语言"],
     {"content": "content", "received_at": "Created Date", "channel": "渠道", "language": "语言"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("header", "taken", "left"), MATCHED)
def test_a_column_brings_the_field_that_it_names(header: list[str], taken: dict[str, str], left: list[str]) -> None:
    found = columns()
    found.learn(header)
    assert (found.taken, found.left) == (taken, left)


def test_a_mapped_column_beats_every_name() -> None:
    found = columns({"content": "Complaint Type", "name": ""})
    found.learn(["content", "name", "complaint_type"])
    assert found.taken == {"content": "complaint_type"}
    assert found.left == ["content", "name"]


def look_at(mapping: dict[str, str], constants: dict[str, str], header: tuple[str, ...] | None) -> None:
    """What happens before the first row is read."""
    found = columns(mapping, constants)
    found.learn(header or ())
    found.check(header)


BAD: list[tuple[dict[str, str], dict[str, str], tuple[str, ...] | None, str]] = [
    ({"colour": "x"}, {}, ("content",), "colour"),
    ({"content": "Text"}, {"channel": "online"}, ("Inhalt",), "--map content"),
    ({}, {"channel": "online"}, ("content", "Content"), "FILE"),
    ({}, {"channel": "online"}, ("name",), "content"),
    ({}, {}, ("content",), "channel"),
    ({}, {}, None, "channel"),
    ({}, {"channel": "pigeon"}, ("content",), "channel"),
    ({}, {"channel": "online", "people": "many"}, ("content",), "people"),
]


@pytest.mark.parametrize(("mapping", "constants", "header", "field"), BAD)
def test_what_can_never_be_registered_is_refused_at_once(
    mapping: dict[str, str], constants: dict[str, str], header: tuple[str, ...] | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        look_at(mapping, constants, header)
    assert refused.value.field == field


def complaint(
    cells: dict[str, Cell], constants: dict[str, str] | None = None
) -> tuple[dict[str, object], list[Reason]]:
    return columns(constants={"channel": "online"} | (constants or {})).complaint(Row(2, cells))


def test_a_row_becomes_the_body_of_a_registration() -> None:
    body, reasons = complaint(
        {"内容": "杯子是破的", "类别": "商品", "收到时间": "2026-01-05 08:09", "渠道": "电话", "人数": " ", "x": "y"}
    )
    assert reasons == []
    assert body == {
        "procedure": "small-shop",
        "channel": "telephone",
        "received_at": "2026-01-05T08:09:00+01:00",
        "fields": {"content": "杯子是破的", "kind": "goods"},
    }


def test_a_constant_fills_only_what_the_row_leaves_out() -> None:
    assert complaint({"content": "a", "kind": ""}, {"kind": "商品"})[0]["fields"] == {"content": "a", "kind": "goods"}
    assert complaint({"content": "a", "kind": "售后服务"}, {"kind": "goods"})[0]["fields"] == {
        "content": "a",
        "kind": "after-sales",
    }


def test_every_reason_against_a_row_is_given_at_once() -> None:
    _, reasons = complaint({"name": "12345678901", "kind": "food", "channel": "pigeon"})
    assert {(reason.field, reason.code) for reason in reasons} == {
        ("name", "too-long"),
        ("kind", "not-a-choice"),
        ("channel", "not-a-choice"),
        ("content", "required"),
    }


def test_a_malformed_row_is_refused_as_a_whole() -> None:
    assert columns(constants={"channel": "online"}).complaint(Row(7, problem="3 columns instead of 2"))[1] == [
        Reason(None, "malformed", "3 columns instead of 2")
    ]


def test_the_key_depends_on_content_procedure_and_row_alone() -> None:
    keys = {idempotency_key(d, p, r) for d in ("a", "b") for p in ("x", "y") for r in (1, 2)}
    assert len(keys) == 8
    assert idempotency_key("a", "x", 1) == idempotency_key("a", "x", 1)
