"""Which steps of a run are said now, which are passed over, and which are armed for later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.sla.domain.runs import Run
from services.sla.domain.targets import Step, Target, in_order, repetitions
from shared.business_time.calendars import Calendar
from shared.business_time.due import step_after
from shared.business_time.durations import Duration
from shared.procedures.model import Clock


@dataclass(frozen=True)
class Steps:
    """Steps in order of time. `said`: to be said now. `passed`: came too, but what is said of late steps leaves them
    out. `armed`: still to come. `repeated`: how often the clock was due by now, 1 while it does not repeat."""

    said: tuple[Step, ...]
    passed: tuple[Step, ...]
    armed: tuple[Step, ...]
    repeated: int


def steps_of(
    clock: Clock, run: Run, calendar: Calendar, target: Target, now: datetime, fired: Mapping[str, str], repeated: int
) -> Steps:
    """What becomes of a run's steps at `now`.

    `fired`: the steps that were said or passed over, each with the due instant (ISO 8601) that it was said of: of
    another due instant a step is said again. `repeated`: how often the present due instant's clock was said to be due.
    """
    due = target.due_at.isoformat() if target.due_at else None
    new = [one for one in target.steps if fired.get(one.id) != due]
    come = [one for one in new if has_come(one, run, now)]
    armed = [one for one in new if one.at > now and not run.over]
    for number, step in repetitions(clock, run, calendar, target, repeated):
        if not has_come(step, run, now):
            armed += [step] if step.at > now and not run.over else []
            break
        come.append(step)
        repeated = number
    said, passed = _caught_up(clock, calendar, in_order(come), now)
    return Steps(tuple(said), tuple(passed), tuple(in_order(armed)), repeated)


def has_come(step: Step, run: Run, now: datetime) -> bool:
    """Whether a step's instant came while the run went on. A stop at that very instant was in time, unless the breach
    itself brought it about."""
    if run.ended_at is not None and (step.at > run.ended_at or (step.at == run.ended_at and not run.stopped_by_breach)):
        return False
    return step.at <= now


def _caught_up(clock: Clock, calendar: Calendar, come: list[Step], now: datetime) -> tuple[list[Step], list[Step]]:
    """Steps that have come, in order: those to be said and those passed over. The breach is always said."""
    match clock.catch_up:
        case "all":
            return come, []
        case "latest":
            keep = {one.id for one in come[-1:]}
        case "skip":
            allowed = Duration.parse(clock.skip_after or "PT0S")
            keep = {one.id for one in come if step_after(one.at, allowed, calendar, "elapsed") >= now}
    said = [one for one in come if one.id in keep or one.kind == "breach"]
    return said, [one for one in come if one not in said]
