"""Armed steps: those that a decision leaves to the timers, and how the next decision learns which of them have come.

A timer fires without touching its case. What it fired is read off the *cursor* of the case's shard: everything up to it
was emitted. So the next decision on the case first takes up the armed steps behind the cursor as fired.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.sla.domain.case import Case
from services.sla.domain.cycle_state import CycleKey, CycleState


@dataclass(frozen=True, order=True, slots=True)
class Cursor:
    """How far a shard has fired: all timers up to this instant (UTC), and at this instant up to this case."""

    at: datetime
    case: UUID


def absorbed(case: Case, cursor: Cursor) -> Case:
    """The case with the armed steps that the cursor has passed noted as fired (those that are not plain: as gone)."""
    return replace(case, states={key: _absorbed(state, case.id, cursor) for key, state in case.states.items()})


def _absorbed(state: CycleState, case: UUID, cursor: Cursor) -> CycleState:
    left = tuple(step for step in state.armed if Cursor(step.at, case) > cursor)
    if len(left) == len(state.armed) or state.due_at is None:
        return state
    come = state.armed[: len(state.armed) - len(left)]
    return replace(state, armed=left, fired={**state.fired, **{step.id: state.due_at for step in come if step.plain}})


Lost = Mapping[CycleKey, int | None]
"""Clocks whose timers are gone, with the generation that this is true of (None: whatever it is)."""


def without(case: Case, lost: Lost) -> Case:
    """The case as if nothing were armed of these clocks: the next decision arms them anew, and fires what has come."""
    states = dict(case.states)
    for key, generation in lost.items():
        state = states.get(key)
        if state is not None and state.armed and generation in (None, state.generation):
            states[key] = replace(state, armed=())
    return replace(case, states=states)


def out_of_step(case: Case, written: Mapping[CycleKey, int]) -> Lost:
    """The clocks of which the case knows armed steps that their rows do not: `written` has each row's generation."""
    return {key: None for key, state in case.states.items() if state.armed and written.get(key) != state.generation}
