"""A small procedure of these tests, and events for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import yaml

from services.notify.domain.rows import FollowUpRow, NoticeRow
from shared.events import assignments as a
from shared.events import complaints as c
from shared.events import deadlines as d
from shared.events.base import EventData
from shared.events.envelope import NAMESPACE, Event, make
from shared.procedures.loader import Library, parse_procedure
from shared.procedures.model import Procedure

TEXT = """
id: sample
version: 1
name: {zh: 示例程序, en: Sample procedure}
in_force_from: 2020-01-01
channels:
  - {id: online, name: {zh: 网上, en: Online}, form: written}
  - {id: telephone, name: {zh: 电话, en: Telephone}, form: oral}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, type: text, holds: identity}
  - {id: email, label: {zh: 邮箱, en: Mail}, type: text, holds: identity}
numbering:
  case: {pattern: 'T-{year}-{number:04}'}
admissibility:
  otherwise: admit
  rules:
    - {id: twice, decision: refuse, when: {field: channel, is: never}, reason: {zh: 重复投诉, en: Raised before}}
classes:
  - {id: plain, name: {zh: 一般, en: Plain}, rank: 0}
  - {id: grave, name: {zh: 重大, en: Grave}, rank: 1}
roles:
  - {id: chief, name: {zh: 主任, en: Chief}}
  - {id: both, name: {zh: 两者, en: Both}}
departments:
  - {id: water, name: {zh: 水务, en: Water}}
  - {id: roads, name: {zh: 道路, en: Roads}}
  - {id: both, name: {zh: 两者部, en: Both department}}
default_department: water
levels:
  - {id: front, name: {zh: 一线, en: Front line}}
  - {id: head, name: {zh: 负责人, en: Head}, department: roads}
milestones:
  - id: resolved
    name: {zh: 办结, en: Resolved}
    fields:
      - {id: upheld, label: {zh: 属实, en: Upheld}, type: boolean}
      - id: reason
        label: {zh: 理由, en: Reason}
        type: choice
        choices:
          - {id: complex, name: {zh: 情况复杂, en: It is complex}}
clocks:
  - id: handling
    name: {zh: 办理期限, en: Handling}
    from: [assigned]
    until: [resolved]
    duration: P5WD
    steps:
      - {id: half, percent: 50}
      - {id: late, percent: 90}
  - id: contact
    name: {zh: 联系期限, en: First contact}
    from: [registered]
    until: [resolved]
    duration: PT4H
    time: elapsed
  - id: reporting
    name: {zh: 报告期限, en: Report}
    from: [assigned]
    until: [resolved]
    duration: P10WD
    steps:
      - {id: soon, before: P1WD}
notices:
  - id: receipt
    name: {zh: 回执, en: Receipt}
    at: [registered]
    to: complainant
    text:
      zh:
        subject: '已登记 {{case_number}} {{name}}'
        body: '{{name}}：编号 {{case_number}}，查询码 {{receipt_code}}，{{progress_url}}'
      en:
        subject: 'Registered {{case_number}} {{name}}'
        body: 'Dear {{name}}: number {{case_number}}, code {{receipt_code}}, {{progress_url}}'
  - id: assignment
    name: {zh: 交办, en: Assignment}
    at: [assigned, reassigned]
    to: department
    text:
      zh: {subject: '交办 {{case_number}}', body: '{{department}}，应于 {{due}} 前办结'}
      en: {subject: 'Assigned {{case_number}}', body: '{{department}}, due {{due}}'}
  - id: urging
    name: {zh: 督办, en: Urging}
    at: ['warned:handling', 'breached:handling', 'overdue:handling']
    to: department
    text:
      zh: {subject: '督办 {{case_number}}', body: '{{clock}} {{step}} {{due}}'}
      en: {subject: 'Please finish {{case_number}}', body: '{{clock}} {{step}} {{due}}'}
  - id: overdue
    name: {zh: 逾期, en: Overdue}
    at: ['breached:handling']
    to: role:chief
    text:
      zh: {subject: '逾期 {{case_number}}', body: '{{department}}'}
      en: {subject: 'Overdue {{case_number}}', body: '{{department}}'}
  - id: grave
    name: {zh: 重大报告, en: Report of a grave matter}
    at: [assigned]
    to: level:head
    when: {field: class, is: grave}
    text:
      zh: {subject: '重大 {{case_number}}', body: '{{class}}'}
      en: {subject: 'Grave {{case_number}}', body: '{{class}}'}
  - id: result
    name: {zh: 结果, en: Result}
    at: [resolved]
    to: complainant
    text:
      zh: {subject: '结果 {{case_number}}', body: '{{documents.reply}}'}
      en: {subject: 'Result {{case_number}}', body: '{{documents.reply}}'}
  - id: decision
    name: {zh: 决定书, en: Decision}
    at: [closed]
    to: complainant
    service: {receipt: [signer, date], within: P10D}
    form: as-received
    text:
      zh: {subject: '决定 {{case_number}}', body: '{{case_number}} 已结案'}
      en: {subject: 'Decision on {{case_number}}', body: '{{case_number}} is closed'}
  - id: second-service
    name: {zh: 再次送达, en: Served again}
    at: ['unserved:decision']
    to: role:chief
    text:
      zh: {subject: '送达 {{case_number}}', body: '未按期送达'}
      en: {subject: 'Serve {{case_number}}', body: 'Not served in time.'}
  - id: unhappy
    name: {zh: 不满意, en: Dissatisfied}
    at: [dissatisfied]
    to: department
    text:
      zh: {subject: '不满意 {{case_number}}', body: '{{department}}'}
      en: {subject: 'Dissatisfied {{case_number}}', body: '{{department}}'}
  - id: reminder
    name: {zh: 催报, en: Reminder}
    at: ['warned:reporting', 'breached:reporting']
    to: department
    text:
      zh: {subject: '催报 {{case_number}}', body: '请提交报告'}
      en: {subject: 'Report wanted {{case_number}}', body: 'Please report.'}
  - id: chased
    name: {zh: 报告督办, en: Report chased}
    at: ['warned:reporting', 'breached:reporting']
    to: chief
    text:
      zh: {subject: '报告督办 {{case_number}}', body: '请督促{{department}}'}
      en: {subject: 'Report chased {{case_number}}', body: 'Please chase {{department}}.'}
  - id: apology
    name: {zh: 致歉, en: Apology}
    at: ['breached:reporting']
    to: complainant
    text:
      zh: {subject: '致歉 {{case_number}}', body: '我们将尽快答复'}
      en: {subject: 'Sorry {{case_number}}', body: 'We shall answer soon.'}
  - id: raised
    name: {zh: 上报, en: Passed up}
    at: ['escalated:head']
    to: level
    text:
      zh: {subject: '上报 {{case_number}}', body: '{{level}}请处理'}
      en: {subject: 'Passed up {{case_number}}', body: '{{level}}, please act.'}
follow_ups:
  - {id: visit, after: resolved, within: P2WD, when: {field: resolved.upheld, is: true}}
  - id: survey
    after: closed
    wait: PT40M
    within: P1D
    by: [handler, chief]
    rounds: 3
    attempts: 2
    grades:
      - {id: good, name: {zh: 满意, en: Good}, satisfied: true}
      - {id: fair, name: {zh: 一般, en: Fair}}
      - {id: poor, name: {zh: 差, en: Poor}, satisfied: false}
    fields:
      - {id: wish, label: {zh: 诉求, en: Wish}, type: text, holds: evidence}
      - {id: minutes, label: {zh: 时长, en: Minutes}, type: integer, at_least: 0, required: true}
"""

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)  # Monday 2 November 2026, 09:00 in Shanghai


def procedure() -> Procedure:
    """The procedure."""
    return parse_procedure(TEXT, "sample.yaml")


def changed(**parts: dict[str, dict[str, Any]]) -> Procedure:
    """The procedure with other values of some elements: `changed(notices={"receipt": {"to": [...]}})`."""
    text = yaml.safe_load(TEXT)
    for part, elements in parts.items():
        for element in text[part]:
            element.update(elements.get(element["id"], {}))
    return parse_procedure(yaml.safe_dump(text, allow_unicode=True), "sample.yaml")


def library() -> Library:
    """A library of it alone."""
    return Library((procedure(),))


def case_id(number: int = 1) -> UUID:
    """The id of the `number`-th case."""
    return uuid5(NAMESPACE, f"case {number}")


def follow_up_row(case: UUID, **changes: Any) -> FollowUpRow:
    """A round of the follow-up `visit` of the sample procedure, open since START."""
    row = FollowUpRow(
        id=case_id(8),
        position=1,
        case_id=case,
        procedure="sample",
        version=1,
        follow_up="visit",
        round=1,
        occurrence="resolved",
        event_id=case_id(7),
        conditional=False,
        state="open",
        occurred_at=START,
        emitted_at=START,
        opens_at=START,
        due_at=None,
        calls=(),
        satisfied=None,
        score=None,
        grade=None,
        fields={},
        answered_at=None,
    )
    return replace(row, **changes)


def notice_row(**changes: Any) -> NoticeRow:
    """A notice of the sample procedure that waits since START."""
    row = NoticeRow(
        id=case_id(5),
        position=1,
        case_id=case_id(),
        procedure="sample",
        version=1,
        notice="decision",
        to="complainant",
        occurrence="closed",
        event_id=case_id(6),
        details={},
        conditional=False,
        clock=None,
        cycle=None,
        rank=0,
        state="waiting",
        occurred_at=START,
        emitted_at=START,
        made_at=START,
        queued_at=START,
        next_try_at=START,
        queue=None,
        sink=None,
        addressee=None,
        sender=None,
        tries=0,
        attempts=0,
        resends=0,
        blanks=0,
        reason=None,
        ambiguous=False,
        settled_at=None,
        joins=False,
        joined_to=None,
        form=None,
    )
    return replace(row, **changes)


class Story:
    """Emits events of one case, numbered per topic as an outbox numbers them; time passes only by `later`."""

    def __init__(self, number: int = 1) -> None:
        self.case = case_id(number)
        self.number = f"T-2026-{number:04}"
        self.now = START
        self._counts: dict[str, int] = {}

    def later(self, **step: float) -> Story:
        """Let time pass."""
        self.now += timedelta(**step)
        return self

    def emit(self, data: EventData, cause: str | None = None) -> Event:
        """One event."""
        topic = data.topic_.name
        self._counts[topic] = self._counts.get(topic, 0) + 1
        emitted = make(
            data.topic_.writer,
            self.case,
            ("sample", 1),
            data,
            cause=cause or f"{topic} {self._counts[topic]}",
            at=self.now,
        )
        return emitted.numbered(self._counts[topic])

    def registered(self, channel: str = "online") -> Event:
        return self.emit(c.ComplaintRegistered(case_number=self.number, channel=channel, received_at=self.now))

    def classified(self, id: str) -> Event:
        return self.emit(a.CaseClassified(class_=id))

    def assigned(self, department: str = "water") -> Event:
        return self.emit(a.CaseAssigned(department=department))

    def reassigned(self, department: str, previous: str = "water") -> Event:
        return self.emit(a.CaseReassigned(department=department, previous=previous))

    def resolved(self, **fields: Any) -> Event:
        return self.emit(a.MilestoneReached(milestone="resolved", at=self.now, by="water", fields=fields))

    def documented(self, name: str) -> Event:
        return self.emit(c.DocumentAdded(document=name))

    def closed(self) -> Event:
        return self.emit(a.MilestoneReached(milestone="closed", at=self.now, by="water", fields={}))

    def started(self, clock: str = "handling", *, days: int = 7, cycle: int = 1) -> Event:
        due_at = self.now + timedelta(days=days)
        return self.emit(d.ClockStarted(clock=clock, cycle=cycle, due_at=due_at, started_at=self.now))

    def warned(self, step: str = "half", *, clock: str = "handling", cycle: int = 1, late: float = 0) -> Event:
        return self.emit(d.ClockWarned(**self._fired(clock, step, cycle, late, timedelta(days=1))))

    def breached(self, *, clock: str = "handling", cycle: int = 1, late: float = 0) -> Event:
        return self.emit(d.ClockBreached(**self._fired(clock, "breach", cycle, late, timedelta())))

    def after(self, step: str = "overdue", *, clock: str = "handling", late: float = 0) -> Event:
        return self.emit(d.ClockWarned(**self._fired(clock, step, 1, late, timedelta(days=-1))))

    def escalated(self, level: str = "head", *, cause: str = "breached:handling") -> Event:
        return self.emit(a.CaseEscalated(level=level, cause=cause))

    def met(self, *, clock: str = "handling", cycle: int = 1) -> Event:
        return self.emit(d.ClockMet(clock=clock, cycle=cycle, due_at=self.now, stopped_at=self.now))

    def retracted(self, *, clock: str = "handling", cycle: int = 1) -> Event:
        return self.emit(d.BreachRetracted(clock=clock, cycle=cycle, due_at=self.now, stopped_at=self.now))

    def _fired(self, clock: str, step: str, cycle: int, late: float, to_go: timedelta) -> dict[str, Any]:
        step_due_at = self.now - timedelta(seconds=late)
        return {
            "clock": clock,
            "cycle": cycle,
            "due_at": step_due_at + to_go,
            "step": step,
            "step_due_at": step_due_at,
            "fired_at": self.now,
            "late_by": late,
        }
