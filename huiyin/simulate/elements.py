"""Every element of a procedure with its place, and a procedure with one element taken away or changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from shared.procedures.model import Element, Procedure
from shared.procedures.model.supplements import clock_id
from shared.procedures.supplement_clocks import clock_of

Place = tuple[str | int, ...]
"""Where an element stands: names of attributes, and numbers within lists."""


@dataclass(frozen=True)
class Cited:
    """An element and its place; () is the procedure itself."""

    place: Place
    element: Element


def elements(procedure: Procedure) -> Iterator[Cited]:
    """Every element below a procedure, and the procedure, outermost first."""
    yield from _below((), procedure)


def _below(place: Place, value: Any) -> Iterator[Cited]:
    if isinstance(value, Element):
        yield Cited(place, value)
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _below((*place, name), getattr(value, name))
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from _below((*place, number), one)


def written_place(procedure: Procedure, place: Place) -> str:
    """A place as people read it: `clocks[audit].extension`."""
    text, value = "", procedure
    for step in place:
        value = _step(value, step)
        if isinstance(step, int):
            text += f"[{getattr(value, 'id', step)}]"
        else:
            name = step.rstrip("_")
            text += f".{name}" if text else name
    return text or "(procedure)"


def without(procedure: Procedure, place: Place) -> Procedure | None:
    """The procedure without what stands at this place: out of its list, or as if it had not been written.

    None where it cannot be left out. Nothing is checked.
    """
    if not place:
        return None
    *above, last = place
    holder = value_at(procedure, tuple(above))
    if isinstance(last, int):
        return replaced(procedure, tuple(above), holder[:last] + holder[last + 1 :])
    spec = type(holder).model_fields[last]
    if spec.is_required():
        return None
    return replaced(procedure, place, spec.get_default(call_default_factory=True))


def replaced(procedure: Procedure, place: Place, value: Any) -> Procedure:
    """The procedure with another value at this place. Nothing is checked."""
    changed = _replaced(procedure, place, value)
    assert isinstance(changed, Procedure)  # noqa: S101  (a place lies below the procedure)
    return _with_clocks(procedure, changed) if place and place[0] == "supplements" else changed


def _with_clocks(before: Procedure, changed: Procedure) -> Procedure:
    """The procedure with the clocks that its changed supplements are, in place of those that they were."""
    now = {one.id: clock_of(one) for one in changed.supplements}
    was = {clock_id(one.id): (one.id, clock_of(one)) for one in before.supplements}
    clocks = []
    for one in changed.clocks:
        supplement, made = was.get(one.id, (None, None))
        kept = one if supplement is None or made != one else now.get(supplement)
        clocks += [kept] if kept is not None else []
    return changed.model_copy(update={"clocks": tuple(clocks)})


def value_at(procedure: Procedure, place: Place) -> Any:
    """What stands at a place."""
    value: Any = procedure
    for step in place:
        value = _step(value, step)
    return value


def _replaced(holder: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    first, rest = place[0], place[1:]
    inner = _replaced(_step(holder, first), rest, value)
    if isinstance(first, int):
        return (*holder[:first], inner, *holder[first + 1 :])
    return holder.model_copy(update={first: inner})


def _step(holder: Any, step: str | int) -> Any:
    return holder[step] if isinstance(step, int) else getattr(holder, step)
