"""A procedure whose only interest is its recurring reports."""

from __future__ import annotations

from shared.procedures.loader import parse_procedure

TEXT = """
id: report-desk
version: 1
name: {zh: 报表窗口, en: Report desk}
in_force_from: 2020-01-01
calendar: cn
channels:
  - {id: letter, name: {zh: 来信, en: Letter}}
  - {id: telephone, name: {zh: 电话, en: Telephone}}
fields:
  - {id: content, label: {zh: 内容, en: Content}, holds: evidence, required: registration}
  - {id: kind, label: {zh: 类别, en: Kind}, type: choice,
     choices: [{id: goods, name: {zh: 商品, en: Goods}}, {id: service, name: {zh: 服务, en: Service}}]}
  - {id: people, label: {zh: 人数, en: People}, type: integer}
numbering:
  case: {pattern: 'R{year}-{number:04}', restart: year}
admissibility: {otherwise: admit}
classes:
  - {id: major, name: {zh: 重大, en: Major}, rank: 2, when: {field: people, at_least: 10}}
  - {id: general, name: {zh: 一般, en: General}, rank: 1}
roles:
  - {id: head, name: {zh: 负责人, en: Head}}
departments:
  - {id: desk, name: {zh: 窗口, en: Desk}}
  - {id: shop, name: {zh: 门店, en: Shop}}
default_department: desk
milestones:
  - id: judged
    name: {zh: 认定, en: Judged}
    fields:
      - {id: valid, label: {zh: 有效, en: Valid}, type: boolean}
clocks:
  - id: handling
    name: {zh: 办理, en: Handling}
    from: [admitted]
    until: [resolved]
    duration: P5D
    no_consequence: none is meant
reports:
  - id: monthly
    name: {zh: 月报, en: Monthly report}
    every: P1M
    due: {day: 3, of: next, before: true}
    warn: [P1D]
    by: [desk, head]
    to: [head]
    measures:
      - {id: valid, name: {zh: 有效投诉, en: Valid}, at: received, when: {field: judged.valid, is: true}}
    shows:
      - received
      - resolved
      - breached
      - valid
      - {by: channel}
      - {count: received, by: department}
      - {rate: [closed, valid]}
      - {rate: [resolved, received], by: kind}
      - {against: previous}
    fields:
      - {id: causes, label: {zh: 原因, en: Causes}, holds: evidence, required: true}
      - {id: meeting, label: {zh: 已开会, en: Meeting held}, type: boolean, default: false}
  - id: unsolved
    name: {zh: 未结清单, en: Unsolved}
    every: P1M
    due: {within: P5WD}
    by: [desk]
    of: {open: true, when: {not: {reached: resolved}}}
    lists: true
  - id: own-summary
    name: {zh: 部门小结, en: Summary of a department}
    every: P3M
    due: {day: 4, of: next, before: true}
    by: [desk, shop]
    each: true
    shows: [received, {rate: [resolved, received]}]
  - id: patrol
    name: {zh: 巡查, en: Patrol}
    every: P1D
    times: 2
    by: [desk]
    fields:
      - {id: lifts, label: {zh: 电梯, en: Lifts}, type: boolean, required: true}
"""
PROCEDURE = parse_procedure(TEXT, "report-desk.yaml")
