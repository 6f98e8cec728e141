"""A small procedure with papers: what is asked for, numbered, served and put in, and how a story on it is played."""

from __future__ import annotations

from huiyin.simulate.files import parse_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import Outcome, run_example
from shared.business_time.loader import load_calendars
from shared.procedures.loader import parse_procedure
from shared.procedures.model import Procedure

CALENDARS = load_calendars()
BUREAU = """\
id: bureau
version: 1
name: {zh: 局, en: Bureau}
in_force_from: 2020-01-01
channels:
  - {id: letter, name: {zh: 来信, en: Letter}, form: written}
  - {id: telephone, name: {zh: 电话, en: Telephone}, form: oral}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, holds: identity}
  - {id: address, label: {zh: 地址, en: Address}, holds: identity}
  - {id: content, label: {zh: 内容, en: Content}, holds: evidence, required: registration}
numbering:
  case: {pattern: 'B{year}-{number:04}', restart: year}
documents:
  - {id: notice-paper, name: {zh: 告知书, en: Notice}, at: admitted, number: {pattern: '告-{year}-{number}'}}
  - {id: reply, name: {zh: 答复书, en: Reply}, at: resolved, number: {pattern: '复-{year}-{number}', series: out}}
  - {id: cover, name: {zh: 卷皮, en: Cover}, at: closed, number: {same_as: reply}}
  - {id: title-deed, name: {zh: 权属证明, en: Title deed}}
  - id: record
    name: {zh: 笔录, en: Record}
    by: [desk]
    fields: [{id: taken-on, label: {zh: 日期, en: Taken on}, type: date, required: true}]
    signed_by: [desk, chief]
    copies: [complainant]
    files: {types: [pdf], at_most: 2MB, count: 2}
  - id: minutes
    name: {zh: 笔录, en: Minutes}
    by: [desk]
    fields: [{id: taken-on, label: {zh: 日期, en: Taken on}, type: date, required: true}]
    signed_by: [chief]
dossier: {at: closed, contains: [record, reply], keep: P5Y}
supplements:
  - id: ownership
    name: {zh: 补正, en: Supplements}
    by: [chief]
    fields: [address]
    documents: [title-deed]
    within: P15D
    then: refuse
    rule: not-supplemented
admissibility:
  rules:
    - id: not-supplemented
      decision: refuse
      officer: true
      after_admission: true
      reason: {zh: 未补正, en: Not supplemented}
  otherwise: hold
  decided_by: [chief]
roles:
  - {id: chief, name: {zh: 科长, en: Chief}}
departments:
  - {id: desk, name: {zh: 窗口, en: Desk}}
default_department: desk
awards:
  - id: late
    name: {zh: 逾期罚款, en: Fine}
    kind: penalty
    at: ['breached:answer']
    amount: 20
    payer: desk
    payee: chief
    approved_by: [chief]
follow_ups:
  - {id: asked-back, after: closed, wait: P1D, within: P5D, attempts: 2}
milestones:
  - {id: resolved, name: {zh: 办结, en: Resolved}}
  - {id: closed, name: {zh: 归档, en: Closed}, requires: [{reached: 'delivered:reply'}]}
clocks:
  - id: answer
    name: {zh: 答复, en: Answer}
    from: [admitted]
    until: [resolved]
    duration: P30D
    pauses: [{from: 'supplement-requested:ownership', until: ['supplemented:ownership']}]
  - id: appeal
    name: {zh: 复议期, en: Appeal}
    from: ['served:case-notice']
    until: [closed]
    duration: P10D
    no_consequence: none is meant
notices:
  - id: asked
    name: {zh: 补正通知, en: Supplements are asked for}
    at: ['supplement-requested:ownership']
    to: complainant
    text:
      zh: {subject: 补正, body: 请补正。}
      en: {subject: More is needed, body: Please send it.}
  - id: case-notice
    name: {zh: 告知书, en: Notice}
    at: [admitted]
    to: complainant
    service: {receipt: [signer, date], within: P10D}
    text:
      zh: {subject: 告知, body: '{{number.notice-paper}}，期限 {{due}}'}
      en: {subject: Notice, body: '{{number.notice-paper}}, due {{due}}'}
  - id: reply
    name: {zh: 答复, en: Reply}
    at: [resolved]
    to: complainant
    form: as-received
    text:
      zh: {subject: 答复, body: 已办结。}
      en: {subject: Reply, body: It is done.}
  - id: again
    name: {zh: 再次送达, en: Served again}
    at: ['unserved:case-notice']
    to: chief
    text:
      zh: {subject: 未送达, body: 请再送达。}
      en: {subject: Not served, body: Serve it again.}
"""
PROCEDURE = parse_procedure(BUREAU, "bureau.yaml")
HEAD = """\
procedure: bureau
complaint: {channel: letter, fields: {name: 甲, content: 内容}}
examples:
  - id: one
    given: {received: 2025-09-01 10:00}
"""


def play(story: str, *, procedure: Procedure = PROCEDURE, head: str = HEAD) -> Outcome:
    """The one example with these further lines."""
    file = parse_examples(head + story, "story.yaml")
    return run_example(file.examples[0], file, WorldRules(procedure, CALENDARS))


def failures(story: str, *, procedure: Procedure = PROCEDURE, head: str = HEAD) -> list[str]:
    """What does not hold of it."""
    return [f"{one.action}: {one.what}" for one in play(story, procedure=procedure, head=head).failures]
