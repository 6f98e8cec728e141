"""A recurring report as people read it (pure): rows of text for a table, a CSV file or a workbook, in zh or en."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any

from huiyin.cli.cases.view import Reader
from shared.procedures.model import Figure, Report

Json = Mapping[str, Any]
Cell = str | int | None
Row = Sequence[Cell]

_WORDS: Mapping[str, tuple[str, str]] = {
    "report": ("报告", "report"),
    "period": ("报告期", "period"),
    "round": ("巡次", "round"),
    "state": ("状态", "state"),
    "days": ("起止日期", "days"),
    "ready": ("可签报", "can be made"),
    "due": ("到期", "due"),
    "by": ("由", "by"),
    "to": ("报送", "to"),
    "made": ("签报", "made"),
    "edition": ("统计版次", "edition"),
    "counted": ("统计时间", "counted"),
    "cases": ("涉及案件", "cases"),
    "figure": ("统计项", "figure"),
    "value": ("分类", "value"),
    "number": ("数量", "number"),
    "of": ("总数", "of"),
    "share": ("比率", "share"),
    "before": ("对比期", "compared with"),
    "number-before": ("对比数量", "number then"),
    "of-before": ("对比总数", "of then"),
    "change": ("增减", "change"),
    "incomplete": ("（对比期数据不全）", " (incomplete)"),
    "unknown": ("未知", "not known"),
    "more": ("（其余从略）", "(more are left out)"),
    "case-number": ("案件编号", "case number"),
    "received": ("收到", "received"),
    "class": ("类别", "class"),
    "department": ("承办单位", "department"),
    "level": ("层级", "level"),
    "listed": ("列入", "listed"),
    "all": ("全部案件", "all its cases"),
}
_STATES_ZH = {"open": "未到期间末", "ready": "可签报", "overdue": "逾期未报", "made": "已签报", "made-late": "逾期签报"}
_PARTS = {"channel": "channels", "class": "classes", "department": "departments", "level": "levels"}


def word(name: str, read: Reader) -> str:
    """One of our own words."""
    return _WORDS[name][0 if read.language == "zh" else 1]


def spec_of(row: Json, read: Reader) -> Report | None:
    """The report in the procedure that the reader knows."""
    return next((one for one in read.procedure.reports if one.id == row["report"]), None) if read.procedure else None


def state(row: Json, read: Reader) -> str:
    """Where a report stands."""
    return _STATES_ZH[row["state"]] if read.language == "zh" else str(row["state"])


def title(row: Json, read: Reader) -> str:
    """A report's name and period."""
    name = row["name"][read.language] if row["name"] else row["report"]
    whose = f" {_office(row['office'], read)}" if row["office"] else ""
    return f"{name} {row['period']}{whose}" + (f" #{row['round']}" if row["round"] > 1 else "")


def list_header(read: Reader) -> Row:
    """The columns of a list."""
    return [word(name, read) for name in ("report", "period", "round", "state", "due", "by", "made")]


def list_row(row: Json, read: Reader) -> Row:
    """A report in a list; the id by which it is called stands before its name."""
    name = row["name"][read.language] if row["name"] else ""
    made = f"{read.time(row['made_at'])} {_office(row['made_by'], read)}" if row["made_at"] else None
    offices = ", ".join(_office(one, read) for one in row["by"])
    return [
        f"{row['report']} {name}".strip(), row["period"], row["round"], state(row, read), read.due(row["due_at"]),
        offices, made,
    ]  # fmt: skip


def heading(row: Json, read: Reader) -> Iterator[tuple[str, str]]:
    """What stands above a report's figures: label and text."""
    yield word("state", read), state(row, read)
    yield word("days", read), f"{row['first_day']} – {row['last_day']}"
    yield word("ready", read), read.time(row["ready_at"])
    yield word("due", read), read.due(row["due_at"])
    yield word("by", read), ", ".join(_office(one, read) for one in row["by"])
    if row["to"]:
        yield word("to", read), ", ".join(_office(one, read) for one in row["to"])
    if row["made_at"]:
        person = f" ({row['person']})" if row["person"] else ""
        yield word("made", read), f"{read.time(row['made_at'])} {_office(row['made_by'], read)}{person}"
    for name, value in {**row["fields"], **row.get("texts", {})}.items():
        yield _label(row, name, read), _written(row, name, value, read)


def counted(edition: Json, read: Reader) -> Iterator[tuple[str, str]]:
    """When and from how many cases the figures were counted."""
    by = f" ({_office(edition['computed_by'], read)})" if edition["computed_by"] else ""
    yield word("edition", read), str(edition["edition"])
    yield word("counted", read), read.time(edition["computed_at"]) + by
    yield word("cases", read), str(edition["cases"])


def figure_header(edition: Json, read: Reader) -> Row:
    """The columns of a table of figures."""
    names = ["figure", "value", "number", "of", "share"]
    if any("against" in one for one in edition["figures"]):
        names += ["before", "number-before", "of-before", "change"]
    return [word(name, read) for name in names]


def figure_rows(row: Json, edition: Json, read: Reader) -> Iterator[Row]:
    """A line for each figure, or for each value that it is counted by."""
    for figure in edition["figures"]:
        label, against = _figure_label(row, figure, read), figure.get("against")
        if "groups" not in figure:
            yield [label, None, *_numbers(figure), *_beside(figure, against, read)]
            continue
        then = {one["key"]: one for one in against["groups"]} if against else {}
        for one in figure["groups"]:
            beside = {**then.get(one["key"], _nothing(one)), **_named(against)} if against else None
            yield [label, _value(figure["by"], one["key"], row, read), *_numbers(one), *_beside(one, beside, read)]
        if figure["more"]:
            yield [label, word("more", read)]


def case_header(read: Reader) -> Row:
    """The columns of a list of cases."""
    return [word(name, read) for name in ("case-number", "state", "received", "class", "department", "level", "listed")]


def case_row(case: Json, read: Reader) -> Row:
    """A case that a report lists."""
    return [
        case["case_number"],
        read.state(case["status"]),
        read.time(case["received_at"]),
        read.name("classes", case["class"]),
        read.name("departments", case["department"]),
        read.name("levels", case["level"]),
        read.time(case["listed_at"]),
    ]


def table(header: Row, rows: Sequence[Row]) -> Iterator[str]:
    """Rows in columns, numbers to the right; a Chinese character takes two places."""
    texts = [[_text(cell) for cell in row] for row in (header, *rows)]
    count = max(len(row) for row in texts)
    widths = [max(_width(row[place]) for row in texts if place < len(row)) for place in range(count)]
    numeric = [
        any(place < len(row) and isinstance(row[place], int) for row in rows)
        and not any(place < len(row) and isinstance(row[place], str) for row in rows)
        for place in range(count)
    ]
    for row in texts:
        cells = (_padded(text, width, right) for text, width, right in zip(row, widths, numeric, strict=False))
        yield ("  " + "  ".join(cells)).rstrip()


def percent(share: Fraction) -> str:
    """A share to two places, half up, as it is printed beside its numerator and denominator."""
    hundredths = (share * 10_000 + Fraction(1, 2)).__floor__()
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}%"


def _numbers(one: Json) -> Row:
    if "numerator" not in one:
        return [one["value"], None, None]
    part, whole = one["numerator"], one["denominator"]
    return [part, whole, percent(Fraction(part, whole)) if whole else None]


def _beside(one: Json, against: Json | None, read: Reader) -> Row:
    if against is None:
        return []
    label = against["period"] + ("" if against["complete"] else word("incomplete", read))
    number, whole, _ = _numbers(against)
    return [label, number, whole, _change(one, against)]


def _change(one: Json, then: Json) -> str | None:
    """By how much a number grew, or by how many hundredths a share did; None where it cannot be said."""
    if "numerator" in one:
        if not one["denominator"] or not then["denominator"]:
            return None
        difference = Fraction(one["numerator"], one["denominator"]) - Fraction(then["numerator"], then["denominator"])
        return f"{'+' if difference >= 0 else ''}{percent(difference)[:-1]}pp"
    if not then["value"]:
        return None
    grown = Fraction(one["value"] - then["value"], then["value"])
    return f"{'+' if grown >= 0 else ''}{percent(grown)}"


def _nothing(one: Json) -> Json:
    return {"numerator": 0, "denominator": 0} if "numerator" in one else {"value": 0}


def _named(against: Json) -> Json:
    return {"period": against["period"], "complete": against["complete"]}


def _figure_label(row: Json, figure: Json, read: Reader) -> str:
    if "name" in figure:
        return str(figure["name"][read.language])
    one = Figure.model_validate({key: figure[key] for key in ("count", "rate", "by") if key in figure})
    if one.rate is not None:
        part, whole = (_measure(row, name, read) for name in one.rate)
        label = f"{part} / {whole}"
    else:
        label = _measure(row, one.count, read) if one.count is not None else word("all", read)
    return f"{label} · {_fact(one.by, row, read)}" if one.by is not None else label


def _measure(row: Json, name: str, read: Reader) -> str:
    spec = spec_of(row, read)
    own = next((one for one in spec.measures if one.id == name), None) if spec else None
    return read.text(own.name) if own is not None else read.occurrence(name)


def _fact(name: str, row: Json, read: Reader) -> str:
    if name in _WORDS and name in _PARTS:
        return word(name, read)
    if name == "channel":
        return "渠道" if read.language == "zh" else "channel"
    return _field_label(name, read)


def _field_label(name: str, read: Reader) -> str:
    milestone, _, field = name.partition(".")
    if not field or read.procedure is None:
        return read.label(name)
    specs = [one for each in read.procedure.milestones if each.id == milestone for one in each.fields]
    return next((read.text(one.label) for one in specs if one.id == field), name)


def _value(fact: str, key: str | None, row: Json, read: Reader) -> str:
    if key is None:
        return word("unknown", read)
    if fact in _PARTS:
        return read.name(_PARTS[fact], key)
    milestone, _, field = fact.partition(".")
    specs = [one for each in (read.procedure.milestones if read.procedure else ()) if each.id == milestone
             for one in each.fields if one.id == field]  # fmt: skip
    choices = [choice for one in specs for choice in one.choices]
    if any(choice.id == key for choice in choices):
        return next(read.text(choice.name) for choice in choices if choice.id == key)
    return read.value(fact, {"true": True, "false": False}.get(key, key))


def _label(row: Json, name: str, read: Reader) -> str:
    spec = spec_of(row, read)
    found = next((one for one in spec.fields if one.id == name), None) if spec else None
    return read.text(found.label) if found is not None else name


def _written(row: Json, name: str, value: object, read: Reader) -> str:
    spec = spec_of(row, read)
    found = next((one for one in spec.fields if one.id == name), None) if spec else None
    for choice in found.choices if found else ():
        if choice.id == value:
            return read.text(choice.name)
    return read.word("yes" if value else "no") if isinstance(value, bool) else str(value)


def _office(id: str | None, read: Reader) -> str:
    for part in ("roles", "departments", "levels"):
        name = read.name(part, id)
        if name != id:
            return name
    return id or "-"


def _text(cell: Cell) -> str:
    return "" if cell is None else str(cell)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def _padded(text: str, width: int, right: bool) -> str:
    room = " " * (width - _width(text))
    return room + text if right else text + room
