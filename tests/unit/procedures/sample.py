"""One small procedure that uses most of the language, and how to spoil it."""

from __future__ import annotations

from shared.procedures.loader import parse_procedure
from shared.procedures.model import Procedure

SAMPLE = """\
id: sample
version: 1
name: {zh: 样例, en: Sample}
in_force_from: 2020-01-01
channels:
  - {id: telephone, name: {zh: 电话, en: Telephone}}
  - {id: letter, name: {zh: 来信, en: Letter}}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, holds: identity, required: requested}
  - {id: content, label: {zh: 内容, en: Content}, holds: evidence, required: registration}
  - {id: people, label: {zh: 人数, en: People}, type: integer, default: 1}
  - {id: urgent, label: {zh: 紧急, en: Urgent}, type: boolean}
  - id: kind
    label: {zh: 类别, en: Kind}
    type: choice
    choices:
      - {id: goods, name: {zh: 商品, en: Goods}}
      - {id: service, name: {zh: 服务, en: Service}}
numbering:
  case: {pattern: 'S-{year}-{number:04}', restart: year}
counts:
  - {id: again, same: [content], window: P1M}
admissibility:
  rules:
    - id: named
      decision: admit
      when: {field: kind, known: true}
      reason: {zh: 可以受理, en: May be admitted}
  decided_by: [officer]
classes:
  - {id: major, name: {zh: 重大, en: Major}, rank: 2, when: {field: people, at_least: 10}}
  - {id: general, name: {zh: 一般, en: General}, rank: 1}
roles:
  - {id: officer, name: {zh: 经办人, en: Officer}}
departments:
  - {id: desk, name: {zh: 前台, en: Desk}}
  - {id: office, name: {zh: 办公室, en: Office}}
levels:
  - {id: clerk, name: {zh: 店员, en: Clerk}}
  - {id: manager, name: {zh: 经理, en: Manager}, department: office}
  - {id: director, name: {zh: 总监, en: Director}}
routes:
  - {id: goods, department: desk, level: clerk, when: {field: kind, is: goods}}
  - {id: rest, department: office}
default_department: desk
milestones:
  - id: inspected
    name: {zh: 查看, en: Inspected}
    by: [officer]
    fields:
      - {id: by-when, label: {zh: 约定, en: Agreed}, type: instant}
  - id: resolved
    name: {zh: 解决, en: Resolved}
    requires: [{reached: inspected, when: {field: class, is: major}}]
clocks:
  - id: handling
    name: {zh: 办理, en: Handling}
    from: [admitted]
    until: [resolved]
    duration: P5WD
    extension: {to: P10WD, approved_by: [officer]}
    steps: [{id: soon, before: P1WD}]
  - id: clerk
    name: {zh: 店员, en: Clerk}
    from: ['escalated:clerk']
    until: [resolved, 'escalated:manager']
    duration: PT15M
escalations:
  - {id: up, at: 'breached:clerk', to: manager}
  - {id: director, at: 'breached:handling', to: director}
reopenings:
  - {id: unhappy, at: dissatisfied, within: P30D}
notices:
  - id: result
    name: {zh: 结果, en: Result}
    at: [resolved]
    to: complainant
    text:
      zh: {subject: '结果 {{case_number}}', body: '{{name}}您好'}
      en: {subject: 'Result {{case_number}}', body: 'Dear {{name}}'}
call_backs:
  - {after: resolved}
"""


def changed(old: str, new: str) -> str:
    """The sample with one piece of text replaced; the piece must stand in it once."""
    assert SAMPLE.count(old) == 1, old
    return SAMPLE.replace(old, new)


def sample(old: str = "id: sample", new: str = "id: sample") -> Procedure:
    """The sample, loaded, with one piece of text replaced."""
    return parse_procedure(changed(old, new), "sample.yaml")
