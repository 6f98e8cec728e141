"""A procedure that uses every part of the language that intake reads, and complaints for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from services.intake.domain.admission import Complaint, check
from services.intake.domain.forms import Form, make_form
from shared.business_time.loader import load_calendars
from shared.procedures.loader import parse_procedure

TEXT = """
id: test-desk
version: 1
name: {zh: 试验窗口, en: Test desk}
in_force_from: 2020-01-01
calendar: cn
channels:
  - {id: letter, name: {zh: 来信, en: Letter}}
  - {id: telephone, name: {zh: 电话, en: Telephone}}
fields:
  - {id: name, label: {zh: 姓名, en: Name}, holds: identity, required: requested}
  - {id: phone, label: {zh: 电话, en: Telephone}, holds: identity}
  - {id: email, label: {zh: 邮箱, en: E-mail}, holds: identity}
  - {id: born, label: {zh: 出生日期, en: Born}, type: date, holds: identity}
  - {id: adult, label: {zh: 成年, en: Of age}, type: boolean, holds: identity}
  - {id: content, label: {zh: 内容, en: Content}, holds: evidence, required: registration, max_length: 500}
  - {id: accused, label: {zh: 被投诉人, en: Accused}, holds: evidence}
  - {id: kind, label: {zh: 类别, en: Kind}, type: choice,
     choices: [{id: goods, name: {zh: 商品, en: Goods}}, {id: service, name: {zh: 服务, en: Service}}]}
  - {id: receipt, label: {zh: 有小票, en: Has a receipt}, type: boolean, required: registration,
     when: {field: kind, is: goods}}
  - {id: amount, label: {zh: 金额, en: Amount}, type: integer, at_least: 0, at_most: 1000000,
     required: requested, when: {field: receipt, is: true}}
  - {id: bought, label: {zh: 购买日期, en: Bought}, type: date}
  - {id: happened, label: {zh: 发生时间, en: Happened}, type: instant}
  - {id: urgent, label: {zh: 紧急, en: Urgent}, type: boolean, default: false}
  - {id: outside, label: {zh: 不在范围, en: Out of scope}, type: boolean}
  - {id: anonymous, label: {zh: 匿名, en: Anonymous}, type: boolean}
numbering:
  case: {pattern: 'T{year}-{number:04}', restart: year}
documents:
  - id: refusal-notice
    name: {zh: 不予受理通知书, en: Notice of refusal}
    at: refused
    number: {pattern: '不予受理[{year}]{number}号', restart: year}
  - id: agreement
    name: {zh: 调解协议, en: Agreement}
    at: mediated
    when: {field: mediated.settled, is: true}
    number: {pattern: 'A{year}-{number:03}', restart: year}
  - {id: dossier-cover, name: {zh: 卷宗封面, en: Dossier cover}, number: {same_as: agreement}, at: archived}
duplicates: {same: [phone, kind, accused], within: P15D}
counts:
  - {id: repeated, same: [accused, kind], window: P1Y, distinct: complainant}
admissibility:
  rules:
    - {id: no-name, decision: refuse, when: {field: anonymous, is: true}, reason: {zh: 匿名, en: Anonymous}}
    - {id: elsewhere, decision: transfer-out, when: {field: outside, is: true}, reason: {zh: 他处, en: Elsewhere},
       to: other-body}
    - {id: ours, decision: admit, when: {field: kind, known: true}, reason: {zh: 受理, en: Ours}}
  otherwise: hold
  decided_by: [chief]
roles:
  - {id: chief, name: {zh: 科长, en: Chief}}
  - {id: other-body, name: {zh: 其他机关, en: Another body}}
departments:
  - {id: desk, name: {zh: 窗口, en: Desk}}
default_department: desk
milestones:
  - id: mediated
    name: {zh: 调解, en: Mediated}
    fields: [{id: settled, label: {zh: 达成协议, en: Settled}, type: boolean, required: true}]
"""
PROCEDURE = parse_procedure(TEXT, "test-desk.yaml")
FORM: Form = make_form(PROCEDURE, load_calendars())

MONDAY = datetime(2025, 3, 3, 2, 0, tzinfo=UTC)
"""Monday, 3 March 2025, 10:00 in Shanghai: a working day."""

FIELDS: Mapping[str, Any] = {
    "name": "张三",
    "phone": "13800138000",
    "content": "质量问题",
    "accused": "某店",
    "kind": "goods",
    "receipt": True,
    "amount": 120,
}


def complaint(fields: Mapping[str, Any] = FIELDS, *, received_at: str | None = None) -> Complaint:
    """A complaint by letter that fits the form."""
    checked = check(FORM, "letter", received_at, "zh", fields, MONDAY)
    assert isinstance(checked, Complaint), checked
    return checked
