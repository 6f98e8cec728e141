"""Compares what an example expects of a recurring report with what is seen of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from huiyin.simulate.expect import happened_and_sent
from huiyin.simulate.expectations import ReportExpectation
from huiyin.simulate.instants import wall
from huiyin.simulate.observe import observe
from huiyin.simulate.reports import ReportKey
from huiyin.simulate.world import World
from services.intake.domain.reports import PeriodicReport
from shared.procedures.model import Procedure

_NO_FIGURES: dict[str, Any] = {}


def report_differences(expected: ReportExpectation, world: World, procedure: Procedure) -> Iterator[str]:
    """What does not hold of a report, a line each."""
    called = f"report {expected.report}" + (f" {expected.period}" if expected.period else "")
    one = world.reports.find(ReportKey(expected.report, expected.period, expected.round, expected.office))
    if expected.none:
        if one is not None:
            yield f"{called}: expected none, there is one of {one.period}"
        return
    if one is None:
        yield f"{called}: there is none"
        return
    for line in _lines(expected, one, world, procedure):
        yield f"{called}: {line}"


def _lines(expected: ReportExpectation, one: PeriodicReport, world: World, procedure: Procedure) -> Iterator[str]:
    counted, time_zone = world.reports.counted.get(one.id), procedure.time_zone
    found = {
        "state": one.state(world.now),
        "ready": wall(one.ready_at, time_zone),
        "due": wall(one.due_at, time_zone),
        "by": world.reports.makers(one),
        "to": world.reports.addressees(one),
        "made": wall(one.made_at, time_zone) if one.made_at is not None else None,
        "made_by": one.made_by,
        "edition": one.edition,
        "cases": counted.cases if counted is not None else None,
    }
    for name, value in found.items():
        wanted = getattr(expected, name)
        if name in expected.model_fields_set and wanted != value:
            yield f"{name}: expected {wanted}, is {value}"
    written = one.fields or {}
    for name, value in expected.fields.items():
        if written.get(name) != value:
            yield f"field {name}: expected {value}, is {written.get(name)}"
    for word, figures, known in (
        ("figure", expected.figures, counted.figures if counted is not None else _NO_FIGURES),
        ("figure against", expected.against, counted.against if counted is not None else _NO_FIGURES),
    ):
        for name, figure in figures.items():
            if known.get(name) != figure:
                yield f"{word} {name}: expected {figure}, is {known.get(name)}"
    yield from happened_and_sent(expected, observe(world.published, one.id), world.texts, procedure)
