"""Compares what an example expects of a case's documents, awards and follow-ups with what is seen of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from uuid import UUID

from huiyin.simulate.expectations import AwardExpectation, DocumentExpectation, Expectation, Part
from huiyin.simulate.instants import wall
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.world import World
from services.routing.domain.award import CaseAward
from shared.procedures.how_to import how_to_complain
from shared.procedures.model import Procedure

_AMOUNTS = frozenset(("amount", "at_least", "at_most", "approved"))


def published_differences(expected: Expectation, rules: WorldRules) -> Iterator[str]:
    """What the published text on how to complain does not say."""
    if expected.how_to:
        languages: tuple[Literal["zh", "en"], ...] = ("zh", "en")
        texts = [how_to_complain(rules.procedure, rules.calendars, language) for language in languages]
        for words in expected.how_to:
            if not any(words in text for text in texts):
                yield f"how to complain: does not say {words}"


def part_differences(expected: Expectation, world: World, case_id: UUID, procedure: Procedure) -> Iterator[str]:
    """What does not hold, a line each."""
    if expected.documents or expected.dossier is not None:
        yield from _documents(expected, world, case_id, procedure.time_zone)
    for name, wanted in expected.awards.items():
        if isinstance(wanted, AwardExpectation | tuple):
            yield from _awards(name, wanted, world.awards(case_id), procedure)
    for name, follow_up in expected.follow_ups.items():
        row = world.follow_up(case_id, name)
        if row is None:
            yield f"follow-up {name}: nobody is asked"
            continue
        seen = {
            "state": row.state,
            "round": row.round,
            "opens": wall(row.opens_at, procedure.time_zone),
            "due": wall(row.due_at, procedure.time_zone) if row.due_at else None,
            "calls": len(row.calls),
        }
        yield from _differences(f"follow-up {name}", follow_up, seen)


def _documents(expected: Expectation, world: World, case_id: UUID, time_zone: str) -> Iterator[str]:
    contents = world.papers(case_id)
    entries = {one.document: one for one in contents.entries}
    for name, wanted in expected.documents.items():
        entry = entries.get(name)
        held = entry.held if entry is not None else None
        there = bool(wanted) if isinstance(wanted, bool) else True
        if there != (held is not None):
            yield f"document {name}: {'is there' if held is not None else 'is not there'}"
        elif isinstance(wanted, DocumentExpectation) and held is not None and entry is not None:
            found = {"by": held.by, "signed_by": held.signed_by, "files": held.files, "copies": entry.copies}
            yield from _differences(f"document {name}", wanted, found)
    if expected.dossier is not None:
        until = wall(contents.kept_until, time_zone) if contents.kept_until else None
        yield from _differences("dossier", expected.dossier, {"missing": contents.missing, "kept_until": until})


def _awards(
    name: str,
    wanted: AwardExpectation | tuple[AwardExpectation, ...],
    all_: tuple[CaseAward, ...],
    procedure: Procedure,
) -> Iterator[str]:
    found = [one for one in all_ if one.award == name]
    several = wanted if isinstance(wanted, tuple) else (wanted,)
    if isinstance(wanted, tuple) and len(found) != len(wanted):
        yield f"award {name}: expected {len(wanted)} times, suggested {len(found)} times"
    elif not found:
        yield f"award {name}: expected, suggested never"
    spec = next((one for one in procedure.awards if one.id == name), None)
    for expected, one in zip(several, found if isinstance(wanted, tuple) else found[-1:], strict=False):
        seen = {
            **{field: getattr(one, field) for field in ("status", "problem", *_AMOUNTS)},
            **{field: getattr(spec, field, None) for field in ("payer", "payee", "unit", "currency")},
        }
        yield from _differences(f"award {name}", expected, seen)


def _differences(called: str, expected: Part, found: Mapping[str, Any]) -> Iterator[str]:
    for name, value in found.items():
        wanted = getattr(expected, name)
        if name in expected.model_fields_set and not _same(name, wanted, value):
            yield f"{called}: {name}: expected {wanted}, is {value}"


def _same(name: str, wanted: Any, found: Any) -> bool:
    if name not in _AMOUNTS or wanted is None or found is None:
        return bool(wanted == found)
    try:
        return Decimal(str(wanted)) == Decimal(str(found))
    except InvalidOperation:
        return False
