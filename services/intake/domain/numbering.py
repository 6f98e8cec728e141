"""How numbers look, when they begin again, and which documents get one; the store counts them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from shared.procedures.conditions import holds
from shared.procedures.model import DocumentKind, NumberScheme, Procedure

CASE = "case"
"""The scheme of case numbers; every other scheme goes by its document's id, or by `series:` and a shared name."""


@dataclass(frozen=True, order=True)
class Counter:
    """One gapless series: a scheme of a procedure, within one period."""

    procedure: str
    scheme: str
    period: str


@dataclass(frozen=True, slots=True)
class Due:
    """A number to be given to `document` (or to the case): the next of `counter`, or the same as another's."""

    document: str
    counter: Counter | None = None
    scheme: NumberScheme | None = None
    same_as: str | None = None


def counter(procedure: str, scheme: str, rule: NumberScheme, on: date) -> Counter:
    """The series that a number given on this local date belongs to."""
    period = {
        "never": "",
        "year": f"{on.year:04}",
        "month": f"{on.year:04}-{on.month:02}",
        "day": on.isoformat(),
    }[rule.restart]
    return Counter(procedure, scheme, period)


def rendered(rule: NumberScheme, on: date, number: int) -> str:
    """The number as people read it."""
    return rule.pattern.format(year=on.year, month=on.month, day=on.day, number=number)


def needs_history(procedure: Procedure) -> bool:
    """Whether it takes a case's whole history to say which documents are due."""
    return any(one.when is not None or (one.number and one.number.same_as) for one in procedure.documents)


def due_numbers(
    procedure: Procedure,
    on: date,
    fresh: Iterable[str],
    given: Collection[str],
    facts: Mapping[str, Any],
    happened: Collection[str] = (),
) -> tuple[Due, ...]:
    """The documents that get a number because of these fresh occurrences, in order; a document gets one number only.

    `given`: the documents that have one; `facts`: the case's as they are now; `happened`: every earlier occurrence.
    """
    known, past = {CASE, *given}, set(happened)
    found: list[Due] = []
    new = set(fresh)
    while new:
        past |= new
        numbered = [
            Due(one.id, *_own_series(procedure, one, on), same_as=one.number.same_as if one.number else None)
            for one in _candidates(procedure, new, past, known)
            if holds(one.when, facts) is True
        ]
        found += numbered
        known |= {one.document for one in numbered}
        new = {f"numbered:{one.document}" for one in numbered}
    return tuple(found)


def _candidates(
    procedure: Procedure, new: Collection[str], past: Collection[str], known: Collection[str]
) -> Iterator[DocumentKind]:
    for one in procedure.documents:
        if one.number is None or one.id in known:
            continue
        other = one.number.same_as
        if other is None:
            if one.numbered_at in new:
                yield one
        elif other in known and one.numbered_at in past and (one.numbered_at in new or f"numbered:{other}" in new):
            yield one


def _own_series(procedure: Procedure, one: DocumentKind, on: date) -> tuple[Counter | None, NumberScheme | None]:
    scheme = one.number.scheme if one.number else None
    if one.number is None or scheme is None:
        return None, None
    name = f"series:{one.number.series}" if one.number.series else one.id
    return counter(procedure.id, name, scheme, on), scheme


def numbers_of(due: Sequence[Due], following: dict[Counter, int], on: date, known: Mapping[str, str]) -> dict[str, str]:
    """The numbers as people read them, by document. `known`: numbers that there are, the case's as `case`.

    `following` holds the next number of each series, and is counted on.
    """
    found: dict[str, str] = {}
    for one in due:
        if one.counter is not None and one.scheme is not None:
            found[one.document] = rendered(one.scheme, on, following[one.counter])
            following[one.counter] += 1
        elif one.same_as is not None:
            found[one.document] = {**known, **found}[one.same_as]
    return found


def cause_of(document: str) -> str:
    """What identifies the giving of a number: a document of a case gets one, once."""
    return f"number:{document}"
