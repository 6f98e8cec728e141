"""Deadlines from which nothing follows: a breach or a step that no notice, escalation or other part names."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.check.finding import Finding, error, warning
from shared.procedures.check.occurrences import occurrences_named
from shared.procedures.model import Clock, ClockStep, Procedure


def check_consequences(procedure: Procedure) -> Iterator[Finding]:
    """Findings on clocks whose breach or steps lead to nothing and that do not say why."""
    named = occurrences_named(procedure)
    for clock in procedure.clocks:
        path = f"clocks[{clock.id}]"
        idle = [] if _follows(named, "breached", clock) or _follows(named, "overdue", clock) else [path]
        for index, step in enumerate(clock.steps):
            if not _follows(named, "warned" if step.precedes else "overdue", clock, step):
                idle.append(f"{path}.steps[{step.id or index}]")
        if clock.no_consequence is None:
            yield from (_finding(clock, place, path) for place in idle)
        elif not idle:
            yield warning(
                f"{path}.no_consequence",
                "已有后果，此说明多余",
                "says what is not so: something follows from each of them",
            )


def _follows(named: frozenset[str], word: str, clock: Clock, step: ClockStep | None = None) -> bool:
    if f"{word}:{clock.id}" in named:
        return True
    start = f"{word}:{clock.id}." + ("" if step is None else "repeat-" if step.every else step.id or "")
    return any(one.startswith(start) if step is None or step.every else one == start for one in named)


def _finding(clock: Clock, place: str, path: str) -> Finding:
    if place == path:
        return error(
            place,
            f"逾期没有任何后果：请用 breached:{clock.id}（通知、上报等），或写 no_consequence 说明理由",
            f"nothing follows from its breach: name breached:{clock.id} in a notice or an escalation, or say why in "
            "no_consequence",
        )
    return error(
        place,
        "该步骤没有任何后果：请在通知等处使用，或写 no_consequence 说明理由",
        "nothing follows from this step: name it in a notice or an escalation, or say why in no_consequence",
    )
