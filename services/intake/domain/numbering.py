"""How numbers look and when they begin again; the store counts them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.procedures.model import Numbering, NumberScheme

CASE = "case"
"""The scheme of case numbers; every other scheme goes by its document's id."""


@dataclass(frozen=True, order=True)
class Counter:
    """One gapless series: a scheme of a procedure, within one period."""

    procedure: str
    scheme: str
    period: str


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


def documents_at(numbering: Numbering, occurrences: Iterable[str]) -> dict[str, NumberScheme]:
    """The documents that get a number when one of these happens, by id."""
    happened = set(occurrences)
    return {document.id: document for document in numbering.documents if document.at in happened}
