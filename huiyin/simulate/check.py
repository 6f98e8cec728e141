"""What no case of a procedure can ever be, in the examples that are beside it.

These are words that mean nothing there, and instants after the example's end. An expectation of such a thing would fail
for no reason, or hold for none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from huiyin.simulate.actions import Register
from huiyin.simulate.expectations import Expectation, Seen, Sent
from huiyin.simulate.story import Example, ExampleFile
from services.intake.domain.timeline import STAGES
from shared.procedures.check.known_facts import known_facts
from shared.procedures.check.occurrences import is_known, possible
from shared.procedures.check.parts import Ids
from shared.procedures.model import Procedure
from shared.procedures.nearest import nearest
from shared.procedures.yaml_file import Path

STATUSES = frozenset((*STAGES, "held", "reopened")) - {"registered"}


@dataclass(frozen=True)
class Impossible:
    """What cannot be: `keys` lead to it in the file."""

    keys: Path
    message: str


def impossible(file: ExampleFile, procedure: Procedure) -> Iterator[Impossible]:
    """Everything of the kind, in the order of the file."""
    if file.procedure != procedure.id:
        yield Impossible(
            ("procedure",), f"these examples are of {file.procedure}, the file beside them of {procedure.id}"
        )
    checker = _Checker(procedure)
    for index, example in enumerate(file.examples):
        yield from checker.example(example, ("examples", index))


class _Checker:
    def __init__(self, procedure: Procedure) -> None:
        self._procedure, self._ids = procedure, Ids(procedure)
        self._facts = known_facts(procedure)
        numbered = {one.id for one in procedure.documents if one.number is not None}
        self._known: Mapping[str, tuple[str, Collection[str]]] = {
            "due": ("clock", self._ids["clocks"]),
            "clocks": ("clock", self._ids["clocks"]),
            "facts": ("fact", self._facts),
            "numbers": ("document with a number", numbered),
            "awards": ("award", self._ids["awards"]),
        }

    def example(self, example: Example, at: Path) -> Iterator[Impossible]:
        """What cannot be in one example."""
        complaints = {"first", *(one.as_ for one in example.when if isinstance(one, Register))}
        for number, action in enumerate(example.when):
            if action.expect is not None:
                yield from self._expected(action.expect, (*at, "when", number, "expect"), complaints, action.at)
        end = example.until or (example.when[-1].at if example.when else None)
        several = isinstance(example.expect, tuple)
        for number, expected in enumerate(example.expected):
            place: Path = (*at, "expect", number) if several else (*at, "expect")
            yield from self._expected(expected, place, complaints, end)

    def _expected(
        self, expected: Expectation, at: Path, complaints: Collection[str], end: str | None
    ) -> Iterator[Impossible]:
        if expected.of not in complaints:
            yield _unknown((*at, "of"), "complaint", expected.of, complaints)
        for key, (kind, known) in self._known.items():
            for name in getattr(expected, key):
                if name not in known:
                    yield _unknown((*at, key, name), kind, name, known)
        named = (
            ("status", "status", STATUSES),
            ("class_", "class", self._ids["classes"]),
            ("department", "department", self._ids["departments"]),
            ("level", "level", self._ids["levels"]),
        )
        for key, word, several in named:
            value = getattr(expected, key)
            if value is not None and value not in several:
                yield _unknown((*at, word), word, value, several)
        yield from self._seen(expected, at, end)
        for number, report in enumerate(expected.reports):
            if report.report not in self._ids["reports"]:
                place = (*at, "reports", number, "report")
                yield _unknown(place, "report", report.report, self._ids["reports"])
            yield from self._seen(report, (*at, "reports", number), end)

    def _seen(self, seen: Seen, at: Path, end: str | None) -> Iterator[Impossible]:
        words = possible(self._procedure)
        for name, when in seen.happened.items():
            if not is_known(name, self._procedure, self._ids):
                yield _unknown((*at, "happened", name), "occurrence", name, words)
            for instant in when if isinstance(when, tuple) else (when,):
                if isinstance(instant, str) and end is not None and instant > end:
                    yield Impossible((*at, "happened", name), f"{instant} lies after the end of the example, {end}")
        for number, name in enumerate(seen.not_happened):
            if not is_known(name, self._procedure, self._ids):
                yield _unknown((*at, "not_happened", number), "occurrence", name, words)
        for key in ("notices", "no_notices"):
            for number, one in enumerate(getattr(seen, key)):
                notice = one.notice if isinstance(one, Sent) else one
                if notice not in self._ids["notices"]:
                    yield _unknown((*at, key, number), "notice", notice, self._ids["notices"])


def _unknown(keys: Path, kind: str, word: str, known: Collection[str]) -> Impossible:
    near = nearest(word, known)
    return Impossible(keys, f"this procedure has no {kind} {word}" + (f" ({near})" if near else ""))
