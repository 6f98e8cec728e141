"""By which clocks a replay judges: a procedure's, and targets that nobody has written down yet (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from shared.business_time.calendars import Calendar
from shared.business_time.due import TimeBasis
from shared.business_time.durations import Duration
from shared.errors import HuiyinError, InvalidInput
from shared.procedures.milestones import QUALIFIED_BY, STANDARD, split
from shared.procedures.model import Clock, Procedure, Text

DUE_FACT = "received.due"
"""The fact that holds a row's own due date."""
DUE_CLOCK = "target-due"
_FACT_OF = {"escalated": "level", "classified": "class", "assigned": "department", "reassigned": "department"}


def targets(
    durations: Sequence[str], *, due: bool, until: str, time_basis: TimeBasis, calendar: str | None
) -> tuple[Clock, ...]:
    """A clock from receipt to `until` for each duration, and one for the row's own due date.

    Raises `InvalidInput` naming the option.
    """
    about = {"from": ["received"], "until": [until], "calendar": calendar, "time": time_basis}
    found = [
        Clock.model_validate(
            {**about, "id": f"target-{text.lower()}", "name": {"zh": text, "en": text}, "duration": text}
        )
        for text in map(_duration, durations)
    ]
    if len({one.id for one in found}) < len(found):
        raise InvalidInput("the same duration is given twice", field="--duration")
    if due:
        name = {"zh": "约定期限", "en": "Due date of the row"}
        found.append(Clock.model_validate({**about, "id": DUE_CLOCK, "name": name, "due_field": DUE_FACT}))
    return tuple(found)


def _duration(text: str) -> str:
    try:
        duration = Duration.parse(text.strip().upper())
    except HuiyinError as error:
        raise InvalidInput(error.message, field="--duration", hint=error.hint) from None
    if duration.count < 0:
        raise InvalidInput("a target lies after the start, not before it", field="--duration")
    return str(duration)


def of_targets(clocks: tuple[Clock, ...], calendar: str, time_zone: str) -> Procedure:
    """A procedure of nothing but these clocks, made in memory."""
    name = {"zh": "试算", "en": "what if"}
    only = {"id": "any", "name": name}
    rules = Procedure.model_validate(
        {
            "id": "what-if",
            "version": 1,
            "name": name,
            "in_force_from": "0001-01-01",
            "time_zone": time_zone,
            "calendar": calendar,
            "channels": [only],
            "fields": [{"id": "content", "label": name, "holds": "evidence"}],
            "numbering": {"case": {"pattern": "{number}"}},
            "departments": [only],
            "default_department": "any",
        }
    )
    return rules.model_copy(update={"clocks": clocks})


def chosen(
    procedure: Procedure, only: Sequence[str], further: tuple[Clock, ...], calendars: Mapping[str, Calendar]
) -> Procedure:
    """The procedure with the clocks asked for (all, if none is named) and the targets beside them.

    Raises `InvalidInput` for a clock or a calendar that there is not.
    """
    names = [one.id for one in procedure.clocks]
    for name in only:
        if name not in names:
            raise InvalidInput(
                "the procedure has no such clock", field="--clock", hint=f"it has: {', '.join(names) or 'none'}"
            )
    if taken := {one.id for one in further}.intersection(names):
        raise InvalidInput(f"the procedure has a clock {min(taken)} already", field="--duration")
    clocks = (*(one for one in procedure.clocks if not only or one.id in only), *further)
    if not clocks:
        raise InvalidInput("the procedure has no clocks", field="--procedure", hint="--duration P15WD names a target")
    for clock in clocks:
        if (clock.calendar or procedure.calendar) not in calendars:
            raise InvalidInput(
                f"there is no calendar for the clock {clock.id}",
                field="--procedure",
                hint=f"there are: {', '.join(sorted(calendars))}",
            )
    return procedure.model_copy(update={"clocks": clocks})


def startable(procedure: Procedure, names: Iterable[str]) -> tuple[Procedure, tuple[Clock, ...]]:
    """The procedure with the clocks that one of these occurrences may start, and the others."""
    possible = set(names)
    able = tuple(one for one in procedure.clocks if possible.intersection(one.from_))
    return procedure.model_copy(update={"clocks": able}), tuple(one for one in procedure.clocks if one not in able)


def mentioned(procedure: Procedure) -> set[str]:
    """Every word of the clocks: what is not among them is no occurrence that any clock looks at."""

    def words(part: Any) -> Iterator[str]:
        if isinstance(part, str):
            yield part.removeprefix("reached:")
        elif isinstance(part, Mapping):
            for below in part.values():
                yield from words(below)
        elif isinstance(part, list | tuple):
            for below in part:
                yield from words(below)

    return {word for clock in procedure.clocks for word in words(clock.model_dump())}


def require_occurrence(procedure: Procedure, occurrence: str, option: str) -> None:
    """Raise `InvalidInput` naming `option` for what is no occurrence of the procedure."""
    name, qualifier = split(occurrence)
    known = STANDARD | {one.id for one in procedure.milestones}
    if name not in known or name == "received":
        own = ", ".join(one.id for one in procedure.milestones) or "none of its own"
        raise InvalidInput(
            "this is no occurrence that a column can bring", field=option, hint=f"resolved, assigned, closed …; {own}"
        )
    if qualifier is None:
        return
    elements: Sequence[Any] = getattr(procedure, QUALIFIED_BY[name]) if name in QUALIFIED_BY else ()
    if qualifier not in {one.id for one in elements}:
        raise InvalidInput("what follows the colon is nothing that the procedure has", field=option)


def names_and_facts(occurrence: str) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The names that an occurrence goes by, the plain one first, and the fact that it sets."""
    name, qualifier = split(occurrence)
    if qualifier is None:
        return (name,), {}
    return (name, occurrence), {_FACT_OF[name]: qualifier} if name in _FACT_OF else {}


def text(words: Text, language: str) -> str:
    """A text in the language asked for."""
    return words.zh if language == "zh" else words.en
