"""Rules that stand in each other's way: unreachable ones, requirements in a ring, ladders that do not go up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from shared.procedures.check.finding import Finding, error
from shared.procedures.conditions import Always, Condition
from shared.procedures.milestones import split
from shared.procedures.model import Escalation, Procedure


class _Rule(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def when(self) -> Condition | None: ...


def check_order(procedure: Procedure) -> Iterator[Finding]:
    """Findings on rules that can never decide, and on ladders."""
    judging = [rule for rule in procedure.admissibility.rules if not rule.officer]
    yield from _unreachable("admissibility.rules", judging)
    yield from _unreachable("classes", procedure.classes)
    yield from _unreachable("routes", procedure.routes)
    yield from _rings(procedure)
    for escalation in procedure.escalations:
        yield from _goes_up(procedure, escalation)


def _unreachable(path: str, rules: Sequence[_Rule]) -> Iterator[Finding]:
    earlier: list[Condition] = []
    closed_by: str | None = None
    for rule in rules:
        if closed_by is not None:
            yield error(
                f"{path}[{rule.id}]",
                f"永远轮不到：前面的 {closed_by} 无条件成立",
                f"is never reached: {closed_by} before it holds unconditionally",
            )
        elif rule.when is not None and rule.when in earlier:
            yield error(f"{path}[{rule.id}].when", "与前面某条条件相同", "is the same condition as an earlier one's")
        if rule.when is None or isinstance(rule.when, Always):
            closed_by = closed_by or rule.id
        else:
            earlier.append(rule.when)


def _rings(procedure: Procedure) -> Iterator[Finding]:
    needs = {one.id: [r.reached for r in one.requires if r.when is None and r.reached] for one in procedure.milestones}
    for milestone in needs:
        seen: set[str] = set()
        waiting = list(needs[milestone])
        while waiting:
            other = waiting.pop()
            if other == milestone:
                yield error(
                    f"milestones[{milestone}].requires",
                    "要求互为前提，永远无法报告",
                    "requires itself by way of others, so it can never be reported",
                )
                break
            if other not in seen:
                seen.add(other)
                waiting += needs.get(other, [])


def _goes_up(procedure: Procedure, escalation: Escalation) -> Iterator[Finding]:
    path = f"escalations[{escalation.id}]"
    changes = (escalation.to, escalation.raise_by, escalation.class_, escalation.department)
    if changes == (None,) * 4 and not escalation.with_:
        yield error(
            path,
            "没有写明提升到何处",
            "does nothing: give to, raise_by, class, department or with",
        )
    if escalation.to is not None and escalation.raise_by is not None:
        yield error(path, "to 与 raise_by 只能写一个", "takes either to or raise_by")
    rungs = [one.id for one in procedure.levels]
    if escalation.to not in rungs:
        return
    for level in _levels_before(procedure, escalation.at):
        if level in rungs and rungs.index(escalation.to) <= rungs.index(level):
            yield error(
                f"{path}.to",
                f"未高于出发层级 {level}",
                f"is not above {level}, from which it starts",
            )


def _levels_before(procedure: Procedure, occurrence: str) -> list[str]:
    name, qualifier = split(occurrence)
    if name == "escalated" and qualifier is not None:
        return [qualifier]
    if name in ("warned", "breached", "overdue") and qualifier is not None:
        clock = next((one for one in procedure.clocks if one.id == qualifier.partition(".")[0]), None)
        starts = [split(one) for one in clock.from_] if clock else []
        return [level for word, level in starts if word == "escalated" and level is not None]
    return []
