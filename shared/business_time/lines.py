"""Business-time questions as JSON lines: one object in, one object out, for checks against other systems and for bulk.

A question defines its calendar (`tz`, `week`, `holidays`, `overrides`) or names one (`calendar`), and asks either

- `{"kind": "add", "start": …, "amount": …}` → `{"end": "2026-01-31T10:00:00Z"}`, or
- `{"kind": "elapsed", "start": …, "end": …}` → `{"elapsed": 3600}` in seconds, 0 if the end lies before the start;

`pauses` is a list of `[from, to]`, `to` null for one that has not ended. Amounts of time count opening hours. `PnWD`
keeps the start's wall time unless `boundary_rule` (`end-of-day`, `closing-time`, `same-time`) says otherwise. On a
calendar defined in the line and without `boundary_rule`, a day in `PnD` and `P90DT17H` is 24 counted hours, as the
systems mean it whose cases are written so; otherwise days, weeks, months and years are those of the calendar.
A line that cannot be answered gives `{"error": …, "field": …}`, without what was submitted.

Speed: most lines of a file differ only in their instants and amounts. What is left when those are cut out, the
skeleton, is the key under which the parsed rest and its compiled calendar are kept.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar, cast

from shared.business_time.calendars import Calendar, calendar_from
from shared.business_time.compiled import CompiledCalendar, compiled
from shared.business_time.dates import Boundary, due_on_date
from shared.business_time.durations import Duration, Unit, counted_seconds
from shared.business_time.pauses import FOREVER, add_paused, elapsed_paused, united_spans
from shared.business_time.zones import EPOCH, EPOCH_ORDINAL, SECOND
from shared.errors import Conflict, HuiyinError, InvalidInput

_BOUNDARIES = ("end-of-day", "closing-time", "same-time")
_DEFINITION = ("tz", "week", "holidays", "overrides")
_KEPT = 4_096
"""How many of each kind of thing are remembered; beyond that the memory starts afresh."""

# how the keys stand in a line, as JSON is written with and without spaces
_SPACED = ('"start": "', '"amount": "', '"end": "', '"pauses": [[')
_COMPACT = ('"start":"', '"amount":"', '"end":"', '"pauses":[[')
_EMPTY: list[tuple[int, int]] = []
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a skeleton says, with the amounts met so far: microseconds on the axis, or a duration that counts dates."""

    axis: CompiledCalendar
    adds: bool
    boundary: Boundary | None
    days_are_counted: bool
    spans: list[tuple[int, int]]
    amounts: dict[str, int | Duration]


class Lines:
    """Answers lines. `calendars` gives the calendars that a line may name; it is asked at the first such line."""

    def __init__(self, calendars: Callable[[], Mapping[str, Calendar]]) -> None:
        self._calendars = calendars
        self._plans: dict[tuple[str, str, str], _Plan] = {}
        self._definitions: dict[str, Calendar] = {}

    def answer(self, line: str) -> str:
        """The answer to one line, without a line end."""
        try:
            if "\\" in line:  # a text may not be what it looks like
                return self._parsed(line)
            style = _SPACED
            head, key, rest = line.partition(style[0])
            if not key:
                style = _COMPACT
                head, _, rest = line.partition(style[0])
            start, _, rest = rest.partition('"')
            middle, key, tail = rest.partition(style[1])
            if not key:
                middle, _, tail = rest.partition(style[2])
            other, _, tail = tail.partition('"')
            plan = self._plans.get((head, middle, tail))
            if plan is not None:
                return _answer(plan, start, other, plan.spans)
            before, key, pauses = head.partition(style[3])
            pauses, _, after = pauses.partition("]]")
            if not key:
                return self._parsed(line, (head, middle, tail), {"start": start, "other": other})
            skeleton = (f"{before}\0{after}", middle, tail)
            plan = self._plans.get(skeleton)
            if plan is not None:
                return _answer(plan, start, other, _spans(json.loads(f"[[{pauses}]]")))
            return self._parsed(line, skeleton, {"start": start, "other": other, "pauses": f"[[{pauses}]]"})
        except HuiyinError as error:
            return json.dumps({"error": error.message, "field": error.field})
        except (OverflowError, ValueError, RecursionError):
            return json.dumps({"error": "the question is beyond what a calendar can hold", "field": None})

    def _parsed(
        self, line: str, skeleton: tuple[str, str, str] | None = None, values: Mapping[str, str] | None = None
    ) -> str:
        """Answer a line by parsing it whole; remember its skeleton if the values cut out are what JSON says."""
        try:
            question = json.loads(line)
        except ValueError:
            raise InvalidInput("the line is not JSON") from None
        if not isinstance(question, dict):
            raise InvalidInput("the line is not an object")
        plan = self._plan(question)
        if skeleton is not None and values is not None and _faithful(line, question, values, adds=plan.adds):
            _remember(self._plans, skeleton, plan)
        return _answer(plan, question.get("start"), question.get("amount" if plan.adds else "end"), plan.spans)

    def _plan(self, question: Mapping[str, Any]) -> _Plan:
        kind, boundary = question.get("kind"), question.get("boundary_rule")
        if kind not in ("add", "elapsed"):
            raise InvalidInput("the kind is add or elapsed", field="kind")
        if boundary is not None and boundary not in _BOUNDARIES:
            raise InvalidInput("there is no such boundary rule", field="boundary_rule")
        return _Plan(
            axis=compiled(self._calendar(question)),
            adds=kind == "add",
            boundary=cast(Boundary | None, boundary),
            days_are_counted=boundary is None and question.get("calendar") is None,
            spans=_spans(question.get("pauses")),
            amounts={},
        )

    def _calendar(self, question: Mapping[str, Any]) -> Calendar:
        name = question.get("calendar")
        if name is None:
            definition = {
                "id": "line",
                "version": "1",
                "time_zone": question.get("tz"),
                "week": question.get("week") or {},
                "holidays": question.get("holidays"),
                "special_hours": question.get("overrides"),
            }
            text = repr(definition)
            if text not in self._definitions:
                _remember(self._definitions, text, calendar_from(definition))
            return self._definitions[text]
        calendar = self._calendars().get(name) if isinstance(name, str) else None
        if calendar is None:
            raise InvalidInput("there is no such calendar", field="calendar")
        for key in _DEFINITION:
            if question.get(key) and not (key == "tz" and question[key] == calendar.time_zone):
                raise InvalidInput("a line names its calendar or defines it, not both", field=key)
        return calendar


def _answer(plan: _Plan, start: object, other: object, spans: list[tuple[int, int]]) -> str:
    begins = _instant(start, "start")
    axis = plan.axis
    if not plan.adds:
        ends = _instant(other, "end")
        if ends <= begins:
            return '{"elapsed": 0}'
        us = elapsed_paused(axis, begins, ends, spans) if spans else axis.elapsed(begins, ends)
        return f'{{"elapsed": {us // SECOND if us % SECOND == 0 else us / SECOND}}}'
    amount = plan.amounts.get(other) if isinstance(other, str) else None
    if amount is None:
        amount = _amount(other, plan)
        _remember(plan.amounts, str(other), amount)
    at: int | None
    if isinstance(amount, int):
        at = add_paused(axis, begins, amount, spans) if spans else axis.add(begins, amount)
    elif amount.unit is Unit.IMMEDIATE:
        at = begins
    else:
        found = due_on_date(axis, begins, amount, plan.boundary or "same-time", spans)
        at = found[0] if found else None
    if at is None:
        raise Conflict("the clock is paused: nothing is due until the pause ends", field="pauses")
    return f'{{"end": "{_text(at)}"}}'


def _amount(text: object, plan: _Plan) -> int | Duration:
    if not isinstance(text, str):
        raise InvalidInput("an amount is text", field="amount")
    seconds = counted_seconds(text) if plan.days_are_counted else None
    if seconds is not None:
        return seconds * SECOND
    duration = Duration.parse(text, field="amount")
    return duration.count * SECOND if duration.unit is Unit.SECONDS else duration


def _faithful(line: str, question: Mapping[str, Any], values: Mapping[str, str], *, adds: bool) -> bool:
    """Whether what was cut out is what JSON says, and the only thing of that name: then so it is for the skeleton.

    A skeleton holds no backslash, and what is cut out holds no quote or is a whole list; so the place of a hole within
    the object follows from the skeleton alone.
    """
    other = "amount" if adds else "end"
    named = {other if key == "other" else key: value for key, value in values.items()}
    return all(
        line.count(f'"{key}"') == 1 and question.get(key) == (json.loads(value) if key == "pauses" else value)
        for key, value in named.items()
    )


def _remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    if len(memory) >= _KEPT:
        memory.clear()
    memory[key] = value


def _spans(pauses: object) -> list[tuple[int, int]]:
    if not pauses:
        return _EMPTY
    if not isinstance(pauses, list):
        raise InvalidInput("pauses are a list of pairs", field="pauses")
    spans: list[tuple[int, int]] = []
    for pair in pauses:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InvalidInput("pauses are a list of pairs", field="pauses")
        spans.append((_instant(pair[0], "pauses"), FOREVER if pair[1] is None else _instant(pair[1], "pauses")))
    return united_spans(spans)


def _instant(text: object, field: str) -> int:
    try:
        delta = datetime.fromisoformat(text) - EPOCH  # type: ignore[arg-type]  # a TypeError is answered below
    except (TypeError, ValueError):
        raise InvalidInput("an instant is text in ISO 8601 with its offset", field=field) from None
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def _text(us: int) -> str:
    seconds, us = divmod(us, SECOND)
    days, seconds = divmod(seconds, 86_400)
    if us:
        return f"{_date_text(days)}{_MINUTES[seconds // 60]}{seconds % 60:02d}.{us:06d}Z"
    return _date_text(days) + _MINUTES[seconds // 60] + _SECONDS[seconds % 60]


@functools.lru_cache(maxsize=100_000)
def _date_text(days: int) -> str:
    return date.fromordinal(EPOCH_ORDINAL + days).isoformat()


# written out once: formatting numbers would cost more than the arithmetic
_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440)]
_SECONDS = [f"{second:02d}Z" for second in range(60)]
