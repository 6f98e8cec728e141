"""From a task to what is done about it now: reports, decisions, calls (pure, but for `Act.perform`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from huiyin.demo.people import behaviour, handling
from huiyin.demo.people.casefile import CaseFile
from huiyin.demo.people.counter import Counter
from huiyin.demo.people.handling import ADMISSION, Step
from huiyin.demo.people.planning import Call, Decide, Extend, Reach, Stop, Supplement, Task
from shared.procedures.model import FieldSpec, Procedure

_ADMITTED = 0.8
_SATISFIED = 0.9
_SUBSTANTIATED = 0.7
_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True)
class Refusal:
    """Something that a service refused, and why (no values)."""

    case_id: UUID
    act: str
    message: str
    field: str | None


@dataclass(frozen=True)
class Act:
    """One thing to do at the counter. `reaches` is the milestone that the case has then."""

    name: str
    perform: Callable[[Counter], None]
    reaches: str | None = None
    may_be_refused: bool = False


def act(task: Task, file: CaseFile, procedure: Procedure, seed: str, now: datetime) -> tuple[list[Act], list[Task]]:
    """What to do for a task whose time has come, and what to put off. Both empty: it is done with."""
    hand = _Hand(task, file, procedure, seed, now)
    match task.what:
        case Stop(clock=clock, cycle=cycle, final=final):
            return hand.stop(clock, cycle, final)
        case Reach(milestone=milestone):
            if not file.admitted or milestone in file.reached:
                return [], []
            return hand.reports(handling.chain(procedure, file, milestone)), []
        case Decide():
            return hand.decide_unless_a_clock_tells(), []
        case Supplement(missing=missing):
            return hand.supplement(missing), []
        case Extend(clock=clock, cycle=cycle):
            return hand.extend(clock, cycle)
        case Call(task_id=task_id, follow_up=follow_up):
            return hand.call(task_id, follow_up), []


@dataclass(frozen=True)
class _Hand:
    task: Task
    file: CaseFile
    procedure: Procedure
    seed: str
    now: datetime

    def _drawn(self, purpose: str) -> float:
        return behaviour.chance(self.seed, self.file.id, f"{purpose}|{self.file.cycle}")

    def stop(self, clock_id: str, cycle: int, final: datetime) -> tuple[list[Act], list[Task]]:
        if (clock_id, cycle) not in self.file.clocks or self.file.status == "void":
            return [], []
        clock = next(one for one in self.procedure.clocks if one.id == clock_id)
        target = handling.target_of(self.procedure, clock, self.file)
        if target is None or target in self.file.reached:
            return [], []
        if target == ADMISSION:
            return (self._decide(), []) if self.now >= final else ([], [replace(self.task, at=final)])
        steps = handling.chain(self.procedure, self.file, target)
        if self.now >= final:
            return self.reports(steps), []
        if len(steps) == 1:
            return [], [replace(self.task, at=final)]
        onward = self.task.at + (final - self.task.at) / len(steps)
        return self.reports(steps[:1]), [replace(self.task, at=onward)]

    def reports(self, steps: Sequence[str]) -> list[Act]:
        """The reports of milestones, a moment apart, the first when it was meant to be."""
        found: list[Act] = []
        at = self._after_all_known()
        for milestone in steps:
            yes = milestone != "resolved" or self._drawn("substantiated") < _SUBSTANTIATED
            step = handling.step(self.procedure, self.file, milestone, at, yes=yes)
            found += [self._document(name) for name in step.documents]
            found.append(self._bring(step, at) if step.notice else self._report(step, at))
            at += _MOMENT
        self.file.latest = at
        return found

    def _after_all_known(self) -> datetime:
        """When it is reported to have happened: when it was planned, but after everything else that is known."""
        return self.task.at if self.file.latest is None else max(self.task.at, self.file.latest + _MOMENT)

    def _report(self, step: Step, at: datetime, clock: str | None = None, *, by_topic: bool = True) -> Act:
        case_id, pin = self.file.id, self.file.procedure
        if clock is None and by_topic and behaviour.reports_by_topic(self.seed, case_id):
            return Act(step.milestone, lambda desk: desk.report_by_topic(case_id, pin, step, at), step.milestone)
        return Act(step.milestone, lambda desk: desk.report(case_id, step, at, clock), step.milestone)

    def _bring(self, step: Step, at: datetime) -> Act:
        case_id = self.file.id
        return Act(step.milestone, lambda desk: desk.bring(case_id, step, at), step.milestone)

    def _document(self, name: str) -> Act:
        case_id = self.file.id
        least = handling.document(self.procedure, self.file, name, self.task.at)
        # In a later cycle it is another text: the same text again would be no new document.
        text = f"（演示文书，内容虚构）{self.file.number}-{self.file.cycle} {name}"
        return Act("document", lambda desk: desk.put_document(case_id, name, text, least))

    def extend(self, clock_id: str, cycle: int) -> tuple[list[Act], list[Task]]:
        rule = next(one for one in self.procedure.clocks if one.id == clock_id).extension
        if (clock_id, cycle) not in self.file.clocks or rule is None or not self.file.admitted:
            return [], []
        reason = handling.document_name("extension", clock_id)
        own = self.file.department or self.procedure.default_department
        at, due_at = self._after_all_known(), self.file.clocks[clock_id, cycle].due_at
        if due_at is not None and at > due_at:
            return [], []  # what is over is not extended
        asked = Step("extension-requested", own, {"reason": reason}, (reason,))
        granted = handling.step(self.procedure, self.file, "extension-approved", at, yes=True)
        granted = replace(granted, by=rule.approved_by[0] if rule.approved_by else own)
        self.file.latest = at + _MOMENT
        documents = [self._document(name) for name in (reason, *granted.documents)]
        doing = [*documents, self._report(asked, at, clock_id)]
        return [*doing, self._report(granted, at + _MOMENT, clock_id)], []

    def decide_unless_a_clock_tells(self) -> list[Act]:
        """Where a clock limits the decision, the task of that clock brings it; elsewhere it is made now."""
        stopped_by_admission = {clock.id for clock in self.procedure.clocks if "admitted" in clock.until}
        never = behaviour.manner_of(self.seed, self.file.id) is behaviour.Manner.NEVER
        running = [clock for (clock, _), state in self.file.clocks.items() if state.due_at is not None]
        open_ = any(clock in stopped_by_admission for clock in running) or (never and bool(self.file.breaches))
        return [] if open_ else self._decide()

    def _decide(self) -> list[Act]:
        if self.file.admitted or self.file.status == "void":
            return []
        first = "admit" if self._drawn("admission") < _ADMITTED else "refuse"
        at = self._after_all_known()
        ways = (handling.decision(self.procedure, self.file, one, at) for one in (first, "admit", "refuse"))
        way = next((one for one in ways if one is not None), None)
        if way is None:
            return []
        found: list[Act] = []
        for step in way.steps:
            found += [self._document(name) for name in step.documents]
            found.append(self._report(step, at, by_topic=False))
            at += _MOMENT
        found += [self._document(name) for name in way.documents]
        case_id = self.file.id
        # who decides does not know whether the rules have admitted it meanwhile: then it is no longer held
        decide = Act("decision", lambda desk: desk.decide(case_id, way.decision, way.by, way.rule), may_be_refused=True)
        return [*found, decide]

    def supplement(self, missing: Sequence[str]) -> list[Act]:
        if self.file.status == "void":
            return []
        specs = {one.id: one for one in self.procedure.fields}
        fields = {name: _invented(specs[name]) for name in missing if name in specs}
        case_id = self.file.id
        return [Act("supplement", lambda desk: desk.supplement(case_id, fields))] if fields else []

    def call(self, task_id: str, follow_up: str) -> list[Act]:
        satisfied = self.file.cycle > 1 or self._drawn("satisfied") < _SATISFIED
        answer = {"reached": True, "score": 5 if satisfied else 2, **self._answer(follow_up, satisfied=satisfied)}
        return [Act("call-back", lambda desk: desk.answer_follow_up(task_id, answer))]

    def _answer(self, follow_up: str, *, satisfied: bool) -> dict[str, object]:
        element = next((one for one in self.procedure.follow_ups if one.id == follow_up), None)
        if element is None:
            return {"satisfied": satisfied}
        grade = next((one for one in element.grades if one.satisfied is satisfied), None)
        found: dict[str, object] = {"grade": grade.id} if grade else {"satisfied": satisfied}
        needed = {one.id: _invented(one) for one in element.fields if one.required is True}
        by = next((one for one in element.by if one != "handler"), self.file.department) if element.by else None
        return found | ({"by": by} if by else {}) | ({"fields": needed} if needed else {})


def _invented(field: FieldSpec) -> Any:
    match field.type:
        case "choice":
            return field.choices[0].id
        case "boolean":
            return True
        case "integer":
            return field.at_least or 1
        case _:
            return "190-0000-9999" if field.id == "phone" else "（演示）补充的信息"
