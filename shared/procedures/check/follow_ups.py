"""Follow-ups that nobody could make in time, rounds that never come, and facts that two parts would give."""

from __future__ import annotations

from collections.abc import Iterator

from shared.business_time.durations import Duration
from shared.procedures.check.finding import Finding, error, warning
from shared.procedures.check.parts import Ids
from shared.procedures.model import FollowUp, Procedure

_OWN_FACTS = ("grade", "round")
_TAKEN = ("count", "number", "received", "reached")


def check_follow_ups(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each follow-up by itself, and on its facts beside those of others."""
    milestones = Ids(procedure)["milestones"]
    for one in procedure.follow_ups:
        path = f"follow_ups[{one.id}]"
        yield from _time(path, one)
        yield from _rounds(path, one)
        if one.id in milestones or one.id in _TAKEN:
            yield error(
                path,
                f"{one.id}.<字段> 已是另一部分的事实，请换名",
                f"the facts {one.id}.<field> are another part's: give the follow-up another id",
            )
        for spec in one.fields:
            if spec.id in _OWN_FACTS:
                yield error(
                    f"{path}.fields[{spec.id}]",
                    "该名称由系统自己使用",
                    "the system uses this name itself: give the field another",
                )


def _time(path: str, one: FollowUp) -> Iterator[Finding]:
    if one.wait is None or one.within is None:
        return
    wait, within = Duration.parse(one.wait), Duration.parse(one.within)
    if wait.unit is within.unit and wait.count >= within.count:
        yield error(f"{path}.wait", "等待不短于期限，无法按时回访", "is over after `within`: it could never be in time")


def _rounds(path: str, one: FollowUp) -> Iterator[Finding]:
    if one.rounds == 1:
        if one.next_round != "dissatisfied":
            yield warning(f"{path}.next_round", "只有一轮", "there is one round only")
    elif one.next_round == "dissatisfied" and one.grades and all(grade.satisfied is not False for grade in one.grades):
        yield error(
            f"{path}.rounds", "没有不满意的等级，不会有下一轮", "no grade is dissatisfied, so no further round begins"
        )
