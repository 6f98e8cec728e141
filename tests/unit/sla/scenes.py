"""Small building blocks for the clocks' tests: procedures in a few lines, and occurrences by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.sla.domain.case import Case, Occurrence
from services.sla.domain.decide import Decision, decide
from shared.business_time.loader import load_calendars
from shared.procedures.model import Procedure

CALENDARS = load_calendars()
CASE = UUID("00000000-0000-4000-8000-000000000001")


def at(text: str) -> datetime:
    """An instant in Shanghai's time: `2025-09-29 09:00`."""
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def procedure(*clocks: Mapping[str, Any]) -> Procedure:
    """A procedure with these clocks and nothing else of interest; each needs `from`, `until` and a target."""
    name = {"zh": "名", "en": "name"}
    return Procedure.model_validate(
        {
            "id": "sample",
            "version": 1,
            "name": name,
            "in_force_from": "2025-01-01",
            "channels": [{"id": "online", "name": name}],
            "fields": [{"id": "content", "label": name, "holds": "evidence", "required": "registration"}],
            "numbering": {"case": {"pattern": "S{year}{number:04}"}},
            "departments": [{"id": "office", "name": name}],
            "default_department": "office",
            "clocks": [{"id": "reply", "name": name, "no_consequence": "none is meant", **clock} for clock in clocks],
        }
    )


def occurrence(when: str, *names: str, place: Any = 0, **facts: Any) -> Occurrence:
    """Something that happened; its id is its content. `place` is a number; the checker takes each `**{…}` for it."""
    return Occurrence(f"{when}|{names}|{place}", names, at(when), (0, place), facts)


def decided(rules: Procedure, occurrences: Sequence[Occurrence], now: str, before: Case | None = None) -> Decision:
    """The decision at `now` on a case to which these happened."""
    case = before or Case(CASE, rules.key)
    known = {one.id for one in case.occurrences}
    new = tuple(one for one in occurrences if one.id not in known)
    return decide(
        Case(case.id, case.procedure, case.occurrences + new, case.states, case.generation), rules, CALENDARS, at(now)
    )


def words(decision: Decision) -> list[str]:
    """What was said, as short words: `started`, `breached:due`, `met` …"""
    found = []
    for emitted in decision.emitted:
        name = type(emitted.data).__name__.removeprefix("Clock")
        step = getattr(emitted.data, "step", None)
        found.append(f"{name}:{step}" if step else name)
    return found
