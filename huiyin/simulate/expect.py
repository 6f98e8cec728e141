"""Compares what an example expects of a case with what is seen of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from huiyin.simulate.expectations import Expectation, Seen, Sent
from huiyin.simulate.instants import wall
from huiyin.simulate.observe import NoticeSeen, Observation
from huiyin.simulate.readings import readable
from shared.procedures.model import Procedure
from shared.procedures.notice_texts import text_of
from shared.procedures.offices import offices

_PLAIN = (
    "status",
    "class_",
    "department",
    "level",
    "cycle",
    "number",
    "missing",
    "rule",
    "decided_by",
    "passed_to",
    "recused",
)
Texts = Mapping[str, str]
"""What notices say, in both languages, by the ids of the notices."""


class Differences:
    """What does not hold, a line each: what is expected, and what is there instead."""

    def __init__(
        self,
        expected: Expectation,
        seen: Observation,
        facts: Mapping[str, Any],
        names: Mapping[UUID, str],
        texts: Texts,
        procedure: Procedure,
    ) -> None:
        self._expected, self._seen, self._facts, self._names = expected, seen, facts, names
        self._texts, self._procedure, self._zone = texts, procedure, procedure.time_zone

    def lines(self) -> Iterator[str]:
        """Every difference."""
        yield from self._plain()
        yield from self._clocks()
        yield from happened_and_sent(self._expected, self._seen, self._texts, self._procedure)
        for name, value in self._expected.facts.items():
            if self._facts.get(name) != value:
                yield f"fact {name}: expected {value}, is {self._facts.get(name)}"
        for name, number in self._expected.numbers.items():
            if self._seen.numbers.get(name) != number:
                yield f"number of {name}: expected {number}, is {self._seen.numbers.get(name)}"
        for award, amount in self._expected.awards.items():
            if amount is not None and not isinstance(amount, Decimal):
                continue  # more than the amount: see `expect_parts`
            suggested = self._seen.awards.get(award, "nothing")
            if suggested != (None if amount is None else f"{amount:.2f}"):
                yield f"award {award}: expected {amount}, suggested is {suggested}"
        yield from self._readings()

    def _readings(self) -> Iterator[str]:
        known = offices(self._procedure)
        for office, expected in self._expected.may_read.items():
            found = readable(self._procedure, office, self._seen, self._facts) if office in known else "no office"
            wanted = expected if isinstance(expected, str) else tuple(sorted(expected))
            if found != wanted:
                yield f"may_read {office}: expected {_listed(wanted)}, is {_listed(found)}"

    def _plain(self) -> Iterator[str]:
        given = self._expected.model_fields_set
        for name in _PLAIN:
            expected, found = getattr(self._expected, name), getattr(self._seen, name)
            if name in given and expected != found:
                yield f"{name.rstrip('_')}: expected {expected}, is {found}"
        if "merged_into" in given:
            into = self._names.get(self._seen.merged_into) if self._seen.merged_into else None
            if into != self._expected.merged_into:
                yield f"merged_into: expected {self._expected.merged_into}, is {into}"

    def _clocks(self) -> Iterator[str]:
        for clock, due in self._expected.due.items():
            seen = self._seen.clocks.get(clock)
            found = wall(seen.due_at, self._zone) if seen and seen.due_at else None
            if seen is None:
                yield f"due {clock}: expected {due}, the clock has not started"
            elif found != due:
                yield f"due {clock}: expected {due}, is {found}"
        for clock, state in self._expected.clocks.items():
            known = self._seen.clocks.get(clock)
            found = known.state if known else "none"
            if found != state:
                yield f"clock {clock}: expected {state}, is {found}"


def _listed(reading: str | tuple[str, ...]) -> str:
    return reading if isinstance(reading, str) else ", ".join(reading) or "nothing"


def happened_and_sent(expected: Seen, seen: Observation, texts: Texts, procedure: Procedure) -> Iterator[str]:
    """What differs in what happened and in the notices that were sent."""
    time_zone = procedure.time_zone
    for name, wanted in expected.happened.items():
        found = [wall(at, time_zone) for at in seen.happened.get(name, ())]
        if not _as_expected(wanted, found):
            yield f"{name}: expected {_shown(wanted)}, happened {', '.join(found) or 'never'}"
    for name in expected.not_happened:
        if name in seen.happened:
            instants = ", ".join(wall(at, time_zone) for at in seen.happened[name])
            yield f"{name}: expected never, happened {instants}"
    yield from _notices(expected, seen, texts, procedure)


def _notices(expected: Seen, seen: Observation, texts: Texts, procedure: Procedure) -> Iterator[str]:
    time_zone = procedure.time_zone
    for one in expected.notices:
        wanted = one if isinstance(one, Sent) else Sent(notice=one)
        sent = [each for each in seen.notices if each.notice == wanted.notice]
        fitting = [
            each for each in sent if wanted.to in (None, each.to) and wanted.at in (None, wall(each.at, time_zone))
        ]
        if not fitting:
            found = "; ".join(f"to {each.to} at {wall(each.at, time_zone)}" for each in sent)
            yield f"notice {wanted.notice}: expected {_described(wanted)}, sent {found or 'never'}"
            continue
        said = [f"{_text(each, procedure)}\n{texts.get(each.id, '')}" for each in fitting]
        for words in (wanted.says,) if isinstance(wanted.says, str) else wanted.says:
            if not any(words in one for one in said):
                yield f"notice {wanted.notice}: does not say {words}"
    for id in expected.no_notices:
        if any(each.notice == id for each in seen.notices):
            yield f"notice {id}: expected never, was sent"


def _text(sent: NoticeSeen, procedure: Procedure) -> str:
    """What a notice says in both languages."""
    notice = next(one for one in procedure.notices if one.id == sent.notice)
    languages: tuple[Literal["zh", "en"], ...] = ("zh", "en")
    texts = [text_of(notice, procedure, language, sent.to.partition(":")[0]) for language in languages]
    return "\n".join(part for text in texts for part in (text.subject, text.body))


def _as_expected(expected: bool | int | str | tuple[str, ...], found: list[str]) -> bool:
    match expected:
        case bool():
            return bool(found) == expected
        case int():
            return len(found) == expected
        case str():
            return expected in found
    return list(expected) == found


def _shown(expected: bool | int | str | tuple[str, ...]) -> str:
    match expected:
        case bool():
            return "once at least" if expected else "never"
        case int():
            return f"{expected} times"
        case str():
            return expected
    return ", ".join(expected)


def _described(wanted: Sent) -> str:
    return " ".join(part for part in (f"to {wanted.to}" if wanted.to else "", f"at {wanted.at}" if wanted.at else "")
                    if part) or "once at least"  # fmt: skip
