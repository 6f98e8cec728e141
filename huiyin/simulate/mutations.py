"""Changes of a procedure that an example must notice: an element taken away, a figure made smaller or larger, a field
of the vault put into events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from pydantic import BaseModel

from huiyin.simulate.elements import Cited, Place, replaced, without, written_place
from shared.business_time.durations import Duration
from shared.errors import HuiyinError
from shared.procedures.model import DocumentKind, Element, FieldSpec, NumberScheme, Procedure

_DURATION = re.compile(r"P[0-9TWDMYHS]+|IMMEDIATE")
_NO_FIGURES = frozenset(("id", "rank", "max_length", "version"))


@dataclass(frozen=True)
class Mutation:
    """A changed procedure: `place` says what was changed, `what` how."""

    place: str
    what: str
    procedure: Procedure


def removal(procedure: Procedure, cited: Cited) -> Mutation | None:
    """The procedure without the element; None where there is no procedure without it."""
    changed = without(procedure, cited.place)
    if changed is None or changed == procedure:
        return None
    return Mutation(written_place(procedure, cited.place), "taken away", changed)


def figures(procedure: Procedure, cited: Cited) -> Iterator[Mutation]:
    """The procedure with each figure of the element changed: durations and whole numbers by one, dates by a day,
    patterns of numbers; and with what a complaint's field keeps in the vault put into events.

    Not those of parts that cite facts of their own; of the procedure itself, not those of any part.
    """
    for place, value in _own(cited.place, cited.element):
        if not cited.place and len(place) > 1:
            continue
        for other in _others(place, value, cited.element):
            what = f"{value} -> {other}"
            yield Mutation(written_place(procedure, place), what, replaced(procedure, place, other))


def _own(place: Place, value: object) -> Iterator[tuple[Place, object]]:
    """The values of an element that are its own and written down: a default is the language's, no fact's."""
    if isinstance(value, BaseModel):
        for name in (*type(value).model_fields, *(value.model_extra or ())):  # the rows of a table are extra
            if name not in value.model_fields_set:
                continue
            inner = getattr(value, name)
            if not (isinstance(inner, Element) and inner.source):
                yield from _own((*place, name), inner)
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            if not (isinstance(one, Element) and one.source):
                yield from _own((*place, number), one)
    elif value is not None:
        yield place, value


def _others(place: Place, value: object, element: Element) -> Iterator[object]:
    name = str(next(step for step in reversed(place) if isinstance(step, str)))
    if name in _NO_FIGURES or name == "source":
        return
    if isinstance(value, bool):
        return
    if isinstance(value, int | float | Decimal):
        yield value + 1
        yield value - 1
    elif isinstance(value, date):
        yield value + timedelta(days=1)
        yield value - timedelta(days=1)
    elif name == "holds" and place[0] == "fields" and isinstance(element, FieldSpec) and value != "coded":
        yield "coded"
    elif isinstance(value, str):
        if name == "pattern" and isinstance(element, NumberScheme | DocumentKind):
            yield f"X{value}"
        elif _DURATION.fullmatch(value):
            yield from _durations(value)


def _durations(text: str) -> Iterator[str]:
    try:
        length = Duration.parse(text)
    except HuiyinError:
        return
    if text == "IMMEDIATE":
        yield "PT2H"
        return
    number = re.search(r"\d+", text)
    if number is None or length.count < 0:
        return
    for other in (int(number[0]) + 1, int(number[0]) - 1):
        if other >= 0:
            yield text[: number.start()] + str(other) + text[number.end() :]
