"""The figures of a recurring report, counted from timelines in memory by the definitions that the service counts by.

The service has its database count them (`services.intake.store.report_figures`); a test holds that both give the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.intake.domain.timeline import TimelineEntry
from shared.procedures.conditions import Condition, holds
from shared.procedures.milestones import ENDING, STEPS, split
from shared.procedures.model import Figure, Report

_DECIDED = {"classified": "class", "assigned": "department", "reassigned": "department", "escalated": "level"}


class CountedCase(Protocol):
    """What figures are counted from."""

    @property
    def received_at(self) -> datetime: ...
    @property
    def registered_at(self) -> datetime: ...
    @property
    def channel(self) -> str: ...
    @property
    def attributes(self) -> Mapping[str, Any]: ...
    @property
    def missing(self) -> Sequence[str]: ...
    @property
    def timeline(self) -> Sequence[TimelineEntry]: ...


@dataclass(frozen=True, slots=True)
class Span:
    """What is counted: cases between two instants (the second is not in it); `own`: those of which this fact has this
    value only."""

    since: datetime
    until: datetime
    own: tuple[str, str] | None = None


C = TypeVar("C", bound=CountedCase)
Test = Callable[[CountedCase], bool]


def selected(cases: Collection[C], report: Report, span: Span) -> list[C]:
    """The cases that a report is about."""
    test = _about(report, span)
    return [case for case in cases if test(case)]


def listed(cases: Collection[C], report: Report, span: Span) -> list[C]:
    """The cases that a report lists."""
    if isinstance(report.lists, str):
        test = _measured(report, span, report.lists)
        return [case for case in cases if test(case)]
    return selected(cases, report, span) if report.lists else []


def figure_value(cases: Collection[CountedCase], report: Report, figure: Figure, span: Span) -> dict[str, Any]:
    """One figure: `{"value"}`, `{"numerator", "denominator"}`, or `{"groups": {key: one of these}}`; a key of None is
    of the cases of which the fact is not known."""
    word = figure.rate[1] if figure.rate is not None else figure.count
    among = [case for case in cases if (_measured(report, span, word) if word else _about(report, span))(case)]
    if figure.by is None:
        return _number(among, report, figure, span)
    groups: dict[str | None, list[CountedCase]] = {}
    for case in among:
        groups.setdefault(_text(facts_at(case, span.until).get(figure.by)), []).append(case)
    return {"groups": {key: _number(group, report, figure, span) for key, group in groups.items()}}


def _number(among: Collection[CountedCase], report: Report, figure: Figure, span: Span) -> dict[str, Any]:
    if figure.rate is None:
        return {"value": len(among)}
    come = _come_to(report, span, figure.rate[0])
    return {"numerator": sum(come(case) for case in among), "denominator": len(among)}


def facts_at(case: CountedCase, until: datetime) -> Mapping[str, Any]:
    """The facts of a case: what happened as it was at `until`, what the complaint says as it stands now."""
    facts: dict[str, Any] = {**case.attributes, "channel": case.channel, "missing": list(case.missing), "cycle": 1}
    past = [one for one in case.timeline if one.happened_at < until]
    for one in sorted(past, key=lambda one: (one.happened_at, one.sequence)):
        if one.occurrence in _DECIDED and one.qualifier is not None:
            facts[_DECIDED[one.occurrence]] = one.qualifier
        if one.occurrence == "reopened":
            facts["cycle"] = one.details.get("cycle", facts["cycle"])
        given = one.details.get("fields")
        for name, value in (given if isinstance(given, Mapping) else {}).items():
            if value is not None:
                facts[f"{one.occurrence}.{name}"] = value
    opened = max((one.happened_at for one in past if one.occurrence == "reopened"), default=None)
    since = [one for one in past if opened is None or one.happened_at >= opened]
    return {**facts, **{f"reached:{name}": True for one in since for name in _names(one)}}


def _names(one: TimelineEntry) -> Iterator[str]:
    yield one.occurrence
    if one.qualifier is not None:
        yield f"{one.occurrence}:{one.qualifier}"
        if one.occurrence in STEPS:
            yield f"{one.occurrence}:{one.qualifier.partition('.')[0]}"


def _about(report: Report, span: Span) -> Test:
    among = _is_open(span) if report.of.open else _happened(report.of.at or "received", span)
    return _within(report, span, among)


def _measured(report: Report, span: Span, word: str) -> Test:
    at, when = _measure(report, word)
    return _within(report, span, _happened(at, span), when)


def _within(report: Report, span: Span, among: Test, when: Condition | None = None) -> Test:
    def test(case: CountedCase) -> bool:
        if not among(case):
            return False
        facts = facts_at(case, span.until)
        own = span.own is None or facts.get(span.own[0]) == span.own[1]
        return own and holds(report.of.when, facts) is True and holds(when, facts) is True

    return test


def _come_to(report: Report, span: Span, word: str) -> Test:
    """Whether a case has come to a measure by the end, within the time or before."""
    at, when = _measure(report, word)

    def test(case: CountedCase) -> bool:
        return any(one < span.until for one in _instants(case, at)) and holds(when, facts_at(case, span.until)) is True

    return test


def _measure(report: Report, word: str) -> tuple[str, Condition | None]:
    own = next((one for one in report.measures if one.id == word), None)
    return (own.at, own.when) if own is not None else (word, None)


def _happened(word: str, span: Span) -> Test:
    return lambda case: any(span.since <= one < span.until for one in _instants(case, word))


def _instants(case: CountedCase, word: str) -> Iterator[datetime]:
    """When it happened to the case; a breach that was taken back did not."""
    if word == "received":
        yield case.received_at
    elif word == "registered":
        yield case.registered_at
    else:
        yield from (one.happened_at for one in case.timeline if _is(one, word) and _stands(one, case))


def _is(one: TimelineEntry, word: str) -> bool:
    name, qualifier = split(word)
    return word in _names(one) if qualifier is not None else one.occurrence == name


def _stands(breach: TimelineEntry, case: CountedCase) -> bool:
    return breach.occurrence != "breached" or not any(
        one.occurrence == "breach-retracted"
        and one.qualifier == breach.qualifier
        and one.details.get("cycle") == breach.details.get("cycle")
        and one.sequence > breach.sequence
        for one in case.timeline
    )


def _is_open(span: Span) -> Test:
    """What was received and has not ended since it was last opened."""

    def test(case: CountedCase) -> bool:
        past = [one for one in case.timeline if one.happened_at < span.until]
        opened = [one.happened_at for one in past if one.occurrence == "reopened"]
        ended = (one.happened_at for one in past if one.occurrence in ENDING)
        return case.received_at < span.until and all(any(at > end for at in opened) for end in ended)

    return test


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
