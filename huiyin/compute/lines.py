"""Business-time questions as JSON lines: one object in, one object out, for checks against other systems and for bulk.

A question defines its calendar (`tz`, `week`, `holidays`, `overrides`) or names one (`calendar`), and asks either

- `{"kind": "add", "start": …, "amount": …}` → `{"end": "2026-01-31T10:00:00Z"}`, or
- `{"kind": "elapsed", "start": …, "end": …}` → `{"elapsed": 3600}` in seconds, 0 if the end lies before the start;

`pauses` is a list of `[from, to]`, `to` null for one that has not ended. Amounts of time count opening hours. `PnWD`
keeps the start's wall time unless `boundary_rule` (`end-of-day`, `closing-time`, `same-time`) is given. On a
calendar defined in the line and without `boundary_rule`, a day in `PnD` and `P90DT17H` is 24 counted hours, as the
systems mean it whose cases are written so; otherwise days, weeks, months and years are those of the calendar.
An answer that rests on dates whose holidays are not published yet has `"provisional": true` besides.
A line that cannot be answered gives `{"error": …, "field": …}`, without what was submitted.

Speed: most lines of a file differ only in their instants, amounts and such. What is left when those are cut out, the
skeleton (`line_shapes`), is the key under which the parsed rest and its compiled calendar are kept. A line of which
that leaves any doubt is parsed whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from huiyin.compute.instant_texts import instant_from, instant_text
from huiyin.compute.line_shapes import Hole, Shape, Skeleton, is_json, shape_of
from huiyin.compute.pause_texts import Spans, spans_from, spans_within
from shared.business_time.calendars import Calendar, calendar_from
from shared.business_time.compiled import CompiledCalendar, compiled
from shared.business_time.dates import Boundary, due_on_date
from shared.business_time.durations import Duration, Unit, counted_seconds
from shared.business_time.pauses import add_paused, elapsed_paused
from shared.business_time.zones import SECOND
from shared.errors import Conflict, HuiyinError, InvalidInput

_BOUNDARIES = ("end-of-day", "closing-time", "same-time")
_DEFINITION = ("tz", "week", "holidays", "overrides")
_PROVISIONAL = ', "provisional": true'
_FIXED = frozenset(("kind", "calendar", "boundary_rule", *_DEFINITION))
"""The keys whose values a plan is made of."""

_MOST_SHAPES = 16
_MOST_AMOUNTS = 20_000
_MOST_CALENDARS = 1_024
_MOST_YEARS = 4_096
_MOST_CHARACTERS = 1 << 24
"""How much is remembered of the lines' own calendars and of skeletons; beyond any of these the memory starts afresh."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a skeleton asks, with the amounts met so far: microseconds on the axis, or a duration that counts dates."""

    axis: CompiledCalendar
    adds: bool
    boundary: Boundary | None
    days_are_counted: bool
    amounts: dict[str, int | Duration]


@dataclass(frozen=True, slots=True)
class _Cut:
    """A plan, and which of the values cut out are whose; `ignored` are those that no answer depends on."""

    plan: _Plan
    spans: Spans
    start: int
    other: int
    pauses: int | None
    ignored: list[tuple[int, Hole]]


class Lines:
    """Answers lines. `calendars` gives the calendars that a line may name; it is asked at the first such line."""

    def __init__(self, calendars: Callable[[], Mapping[str, Calendar]]) -> None:
        self._calendars = calendars
        self._own: dict[str, CompiledCalendar] = {}
        self._amounts: dict[bool, dict[str, int | Duration]] = {False: {}, True: {}}
        self._shapes: list[tuple[Shape, dict[Skeleton, _Cut]]] = []
        self._characters = 0

    def answers(self, lines: Iterable[str]) -> list[str]:
        """The answers to some lines, in order, without line ends. What is remembered is kept in bounds."""
        answer = self.answer
        answered = [answer(line) for line in lines]
        if (
            self._characters > _MOST_CHARACTERS
            or len(self._own) > _MOST_CALENDARS
            or sum(axis.years for axis in self._own.values()) > _MOST_YEARS
        ):
            self._forget()
        return answered

    def answer(self, line: str) -> str:
        """The answer to one line, without a line end."""
        if "\\" not in line:  # else a text may not be what it looks like
            for index, (shape, cuts) in enumerate(self._shapes):
                found = shape.cut(line)
                if found is not None and (cut := cuts.get(found[0])) is not None:
                    if index:  # what comes often goes to the front, step by step
                        self._shapes[index - 1 : index + 1] = self._shapes[index], self._shapes[index - 1]
                    try:
                        return _filled(cut, found[1])
                    except HuiyinError as error:
                        if all(value.isprintable() for value in found[1]):  # as JSON wants it
                            return _error_text(error)
                        break
                    except (OverflowError, ValueError, RecursionError):
                        break
        try:
            return self._parsed(line)
        except HuiyinError as error:
            return _error_text(error)
        except (OverflowError, ValueError, RecursionError):
            return json.dumps({"error": "the question is beyond what a calendar can hold", "field": None})

    def _parsed(self, line: str) -> str:
        """Answer a line by parsing it whole; remember its skeleton."""
        try:
            question = json.loads(line)
        except ValueError:
            raise InvalidInput("the line is not JSON") from None
        if not isinstance(question, dict):
            raise InvalidInput("the line is not an object")
        plan = self._plan(question)
        spans = spans_from(question.get("pauses"))
        self._learn(line, question, plan, spans)
        return _answer(plan, question.get("start"), question.get("amount" if plan.adds else "end"), spans)

    def _learn(self, line: str, question: Mapping[str, Any], plan: _Plan, spans: Spans) -> None:
        shape = shape_of(line, question, _FIXED)
        cut = shape.cut(line) if shape else None
        if shape is None or cut is None:
            return
        where = {hole.key: index for index, hole in enumerate(shape.holes)}
        wanted = "amount" if plan.adds else "end"
        read = {"start": '"', wanted: '"', "pauses": "]]"}
        if any(hole.closes != read.get(hole.key, hole.closes) for hole in shape.holes):
            return  # a number where a text is wanted, say
        start, other, pauses = where.pop("start", None), where.pop(wanted, None), where.pop("pauses", None)
        if start is None or other is None:
            return
        cuts = next((cuts for known, cuts in self._shapes if known == shape), None)
        if cuts is None:
            cuts = {}
            if len(self._shapes) == _MOST_SHAPES:
                self._shapes.pop()
            self._shapes.append((shape, cuts))
        ignored = [(index, shape.holes[index]) for index in where.values()]
        cuts[cut[0]] = _Cut(plan, spans, start, other, pauses, ignored)
        self._characters += len(line)

    def _forget(self) -> None:
        self._shapes, self._own, self._characters = [], {}, 0

    def _plan(self, question: Mapping[str, Any]) -> _Plan:
        kind, boundary = question.get("kind"), question.get("boundary_rule")
        if kind not in ("add", "elapsed"):
            raise InvalidInput("the kind is add or elapsed", field="kind")
        if boundary is not None and boundary not in _BOUNDARIES:
            raise InvalidInput("there is no such boundary rule", field="boundary_rule")
        days_are_counted = boundary is None and question.get("calendar") is None
        return _Plan(
            axis=self._axis(question),
            adds=kind == "add",
            boundary=cast(Boundary | None, boundary),
            days_are_counted=days_are_counted,
            amounts=self._amounts[days_are_counted],
        )

    def _axis(self, question: Mapping[str, Any]) -> CompiledCalendar:
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
            axis = self._own.get(text)
            if axis is None:
                axis = self._own[text] = CompiledCalendar(calendar_from(definition))
                self._characters += len(text)
            return axis
        calendar = self._calendars().get(name) if isinstance(name, str) else None
        if calendar is None:
            raise InvalidInput("there is no such calendar", field="calendar")
        for key in _DEFINITION:
            if question.get(key) and not (key == "tz" and question[key] == calendar.time_zone):
                raise InvalidInput("a line names its calendar or defines it, not both", field=key)
        return compiled(calendar)


def _error_text(error: HuiyinError) -> str:
    return json.dumps({"error": error.message, "field": error.field})


def _filled(cut: _Cut, values: list[str]) -> str:
    """The answer to a line of that skeleton with those values; raises `ValueError` if the line may not be JSON."""
    for index, hole in cut.ignored:
        if not is_json(hole, values[index]):
            raise ValueError
    spans = cut.spans if cut.pauses is None else spans_within(values[cut.pauses])
    return _answer(cut.plan, values[cut.start], values[cut.other], spans)


def _answer(plan: _Plan, start: object, other: object, spans: Spans) -> str:
    begins = instant_from(start, "start")
    axis = plan.axis
    if not plan.adds:
        ends = instant_from(other, "end")
        if ends <= begins:
            return '{"elapsed": 0}'
        us = elapsed_paused(axis, begins, ends, spans) if spans else axis.elapsed(begins, ends)
        provisional = _PROVISIONAL if axis.is_provisional(begins, ends) else ""
        return f'{{"elapsed": {us // SECOND if us % SECOND == 0 else us / SECOND}{provisional}}}'
    amount = plan.amounts.get(other) if isinstance(other, str) else None
    if amount is None:
        amount = _amount(other, plan)
        if len(plan.amounts) >= _MOST_AMOUNTS:
            plan.amounts.clear()
        plan.amounts[str(other)] = amount
    at: int | None
    rests_on_holidays = True
    if isinstance(amount, int):
        at = add_paused(axis, begins, amount, spans) if spans else axis.add(begins, amount)
    elif amount.unit is Unit.IMMEDIATE:
        at, rests_on_holidays = begins, False
    else:
        found = due_on_date(axis, begins, amount, plan.boundary or "same-time", spans)
        at = found[0] if found else None
        rests_on_holidays = amount.unit is Unit.WORKING_DAYS or plan.boundary == "closing-time"
    if at is None:
        raise Conflict("the clock is paused: nothing is due until the pause ends", field="pauses")
    provisional = _PROVISIONAL if rests_on_holidays and axis.is_provisional(begins, at) else ""
    return f'{{"end": "{instant_text(at)}"{provisional}}}'


def _amount(text: object, plan: _Plan) -> int | Duration:
    if not isinstance(text, str):
        raise InvalidInput("an amount is text", field="amount")
    seconds = counted_seconds(text) if plan.days_are_counted else None
    if seconds is not None:
        return seconds * SECOND
    duration = Duration.parse(text, field="amount")
    return duration.count * SECOND if duration.unit is Unit.SECONDS else duration
