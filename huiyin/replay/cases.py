"""The rows of a history as cases (pure): one per row, or one per value of the column that names the case.

No row is lost: what cannot have happened is refused with its reason, and rows add up to those of cases and refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from huiyin.importing.columns import Reason
from huiyin.replay.cells import Facts, Moment, Moments
from huiyin.replay.playing import Occurred
from huiyin.replay.rules import DUE_FACT, names_and_facts
from huiyin.tabular.text_rows import Cell, Row, has_value
from shared.procedures.fields import Unreadable

AT_RECEIPT = ("registered", "admitted", "assigned")
"""What is taken to happen at the instant of receipt, unless a column of its own is given."""


@dataclass(frozen=True)
class Columns:
    """Which column brings what. `milestones` are (occurrence, column) in the order in which they are taken at one
    instant; a column of None: it does not happen by itself."""

    received: str
    answered: str
    answered_as: str = "resolved"
    milestones: tuple[tuple[str, str | None], ...] = ()
    due: str | None = None
    case: str | None = None
    by: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)

    def used(self) -> Iterator[tuple[str, str]]:
        """(option, column) of every column that is read."""
        yield "--received", self.received
        yield "--answered", self.answered
        yield from ((f"--milestone {name}", column) for name, column in self.milestones if column)
        yield from ((option, column) for option, column in self._single() if column)
        yield from ((f"--map {name}", column) for name, column in self.facts.items())

    def _single(self) -> tuple[tuple[str, str | None], ...]:
        return (("--due", self.due), ("--case", self.case), ("--by", self.by))

    def names(self) -> set[str]:
        """Every occurrence that a case of this history may have."""
        given = [name for name, column in self.milestones if column]
        found = {name for occurrence in (*given, self.answered_as) for name in names_and_facts(occurrence)[0]}
        return found | {"received", *self.at_receipt()}

    def at_receipt(self) -> tuple[str, ...]:
        """What happens at the instant of receipt, beside the receipt."""
        own = {names_and_facts(name)[0][0] for name, _ in self.milestones}
        return tuple(name for name in AT_RECEIPT if name not in own and name != self.answered_as)


@dataclass(slots=True)
class Past:
    """A case as the history has it; of several rows, the earliest receipt and milestones, the latest answer, and of
    everything else the last that is given."""

    name: str
    rows: list[int]
    received: Moment | None = None
    answered: Moment | None = None
    milestones: list[Moment | None] = field(default_factory=list)
    due: str | None = None
    by: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    reasons: list[Reason] = field(default_factory=list)

    def received_at(self) -> datetime:
        """The instant of receipt; only for a case that was not refused."""
        assert self.received is not None  # noqa: S101  # `Cases` refuses what was never received
        return self.received.first

    def latest(self) -> datetime:
        """The latest instant in it; only for a case that was not refused."""
        read = [one.last for one in (self.answered, *self.milestones) if one is not None]
        return max([self.received_at(), *read])


@dataclass
class Cases:
    """Takes rows and makes cases of them. `refused` are those without a case, each by its rows, with its reasons."""

    columns: Columns
    moments: Moments
    facts: Facts
    rows: int = 0
    empty: int = 0
    refused: list[tuple[list[int], list[Reason]]] = field(default_factory=list)
    _found: dict[str, Past] = field(default_factory=dict)
    _alone: list[Past] = field(default_factory=list)

    def take(self, row: Row) -> None:
        """Take one row."""
        if row.empty:
            self.empty += 1
            return
        self.rows += 1
        if row.problem is not None:
            self.refused.append(([row.number], [Reason(None, "malformed", row.problem)]))
            return
        read = self._read(row)
        if self.columns.case is None:
            self._settle(read)
        elif not read.name:
            self.refused.append(([row.number], [Reason("--case", "no-case", "the row does not say of which case")]))
        elif read.name in self._found:
            _join(self._found[read.name], read)
        else:
            self._found[read.name] = read

    def finish(self) -> list[Past]:
        """The cases, in the order of their first rows; call once, after the last row."""
        for past in self._found.values():
            self._settle(past)
        self._found = {}
        return self._alone

    def _settle(self, past: Past) -> None:
        """Keep a case, or refuse it if it cannot have been so."""
        if reasons := past.reasons or list(_impossible(past, self.columns)):
            self.refused.append((past.rows, reasons))
        else:
            self._alone.append(past)

    def _read(self, row: Row) -> Past:
        columns, cells = self.columns, row.cells
        past = Past("" if columns.case else str(row.number), [row.number])
        if columns.case and has_value(cells.get(columns.case)):
            past.name = str(cells[columns.case]).strip()
        if columns.by and has_value(cells.get(columns.by)):
            past.by = str(cells[columns.by]).strip()
        past.received = self._moment(past, "--received", cells.get(columns.received))
        past.answered = self._moment(past, "--answered", cells.get(columns.answered))
        for name, column in columns.milestones:
            past.milestones.append(self._moment(past, f"--milestone {name}", cells.get(column)) if column else None)
        if columns.due and has_value(cell := cells.get(columns.due)):
            try:
                past.due = self.moments.due(cell)
            except Unreadable as refusal:
                past.reasons.append(Reason("--due", refusal.code, refusal.message))
        for name, column in columns.facts.items():
            if has_value(cell := cells.get(column)):
                try:
                    past.facts[name] = self.facts.value(name, cell)
                except Unreadable as refusal:
                    past.reasons.append(Reason(f"--map {name}", refusal.code, refusal.message))
        return past

    def _moment(self, past: Past, option: str, cell: Cell) -> Moment | None:
        if not has_value(cell):
            return None
        try:
            return self.moments.moment(cell)
        except Unreadable as refusal:
            past.reasons.append(Reason(option, refusal.code, refusal.message))
            return None


def _join(past: Past, read: Past) -> None:
    past.rows += read.rows
    past.reasons += read.reasons
    past.received = _earlier(past.received, read.received)
    if read.answered and (past.answered is None or read.answered.last > past.answered.last):
        past.answered = read.answered
    past.milestones = [_earlier(old, new) for old, new in zip(past.milestones, read.milestones, strict=True)]
    past.due, past.by = read.due or past.due, read.by or past.by
    past.facts |= read.facts


def _earlier(one: Moment | None, other: Moment | None) -> Moment | None:
    if one is None or other is None:
        return one or other
    return other if other.first < one.first else one


def _impossible(past: Past, columns: Columns) -> Iterator[Reason]:
    if past.received is None:
        yield Reason("--received", "no-received", "nothing says when it was received")
        return
    if past.answered and past.answered.last < past.received.first:
        yield Reason("--answered", "answered-before-received", "it was answered before it was received")
    for (name, _), moment in zip(columns.milestones, past.milestones, strict=True):
        if moment and moment.last < past.received.first:
            yield Reason(f"--milestone {name}", "before-received", "it happened before the complaint was received")


def occurred(past: Past, columns: Columns, at_receipt: Sequence[str], further: Mapping[str, Any]) -> list[Occurred]:
    """What happened to a case, in the order in which the services would have emitted it within one instant.

    `at_receipt` are those of `Columns.at_receipt` that any clock looks at.

    All facts are known from the receipt on. A milestone on a date without a time happened at the end of that day, or
    with the answer if that came earlier on that day; the same for an answer, which is last.
    """
    at = past.received_at()
    facts = {**further, **columns.constants, **past.facts}
    if past.due is not None:
        facts[DUE_FACT] = past.due
    found = [Occurred(("received",), at, facts), *(Occurred((name,), at) for name in at_receipt)]
    for (occurrence, _), moment in zip(columns.milestones, past.milestones, strict=True):
        if moment is not None:
            names, facts = names_and_facts(occurrence)
            found.append(Occurred(names, _end(moment, past.answered), facts))
    if past.answered is not None:
        names, facts = names_and_facts(columns.answered_as)
        found.append(Occurred(names, past.answered.last, facts))
    return found


def _end(moment: Moment, answered: Moment | None) -> datetime:
    if moment.whole_day and answered and moment.first <= answered.first < moment.last:
        return answered.last
    return moment.last


def latest(cases: Iterable[Past]) -> datetime | None:
    """The latest instant of a history (UTC); None if there are no cases. Due dates are no part of what happened."""
    return max((past.latest() for past in cases), default=None)
