"""The base and the packs that are shipped: a procedure that stands on them is short, and sound."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from shared.procedures.loader import PACKAGE, Source, parse_source
from shared.procedures.yaml_file import read_yaml

SHORT = """\
id: small-office
version: 1
name: {zh: 小机关, en: Small office}
in_force_from: 2025-01-01
extends: complaint@1
use:
  - pack: statutory-refusal@1
    with: {decided_by: [chief], late_to: chief}
  - pack: investigation@1
    with: {by: [desk], late_to: chief, within: P20WD}
  - pack: mediation@1
    with: {by: [desk], late_to: chief}
  - pack: approval-chain@1
    with: {id: refund, zh: 退款, en: The refund, asked_by: [desk], approver: chief, late_to: chief}
  - pack: meeting@1
    with: {id: case-meeting, zh: 案例会, en: Case meeting, every: P3M, by: [desk]}
  - pack: fine@1
    with: {id: late, zh: 超时, en: Late, at: ['breached:answer'], amount: 20, payer: desk, payee: chief, by: [chief]}
channels:
  - {id: letter, name: {zh: 来信, en: Letter}}
numbering: {case: {pattern: 'X-{year}-{number:05}', restart: year}}
roles:
  - {id: chief, name: {zh: 主任, en: Chief}}
departments:
  - {id: desk, name: {zh: 办公室, en: Desk}}
default_department: desk
clocks:
  - id: answer
    name: {zh: 答复, en: Answer}
    from: [admitted]
    until: [resolved]
    duration: P30D
    steps: [{id: soon, before: P5D}]
notices:
  - {id: urging, name: {zh: 催办, en: Reminder}, at: ['warned:answer', 'breached:answer'], to: department}
  - {id: task, name: {zh: 交办, en: Assignment}, at: [assigned], to: department}
"""


def short() -> Source:
    return parse_source(SHORT, "small-office.yaml")


def test_a_procedure_of_thirty_lines_is_whole_and_sound() -> None:
    found = [(where, one.path, one.en) for one, _, where in short().located()]
    assert found == [("line 36", "notices[task].at", "assigned starts no clock, so {{due}} may stay empty")]
    procedure = short().procedure
    assert [one.id for one in procedure.fields][:3] == ["name", "phone", "email"]
    assert {one.id: one.text.en.subject for one in procedure.notices}["urging"] == "Reminder {{case_number}}"
    assert {one.id: one.duration for one in procedure.clocks}["investigation"] == "P20WD"
    assert [(one.id, one.amount, one.choose, one.source) for one in procedure.awards] == [
        ("late", Decimal(20), None, ())
    ]
    (meeting,) = procedure.reports
    assert (meeting.every, meeting.to, meeting.source) == ("P3M", (), ())


def test_a_notice_without_a_text_for_its_occurrence_says_its_name() -> None:
    more = "  - {id: wanted, name: {zh: 请答复, en: Please answer}, at: [refund-submitted], to: chief}\n"
    more += "  - {id: told, name: {zh: 已交办, en: It is yours}, at: [assigned], to: department, text: otherwise}\n"
    texts = {one.id: one.text for one in parse_source(SHORT + more, "small-office.yaml").procedure.notices}
    assert texts["wanted"].zh.body == "{{notice}}。投诉 {{case_number}}，承办：{{department}}。"
    assert texts["told"] == texts["wanted"]


PACKS = sorted((PACKAGE / "packs").glob("*.yaml"))


@pytest.mark.parametrize("path", PACKS, ids=lambda path: path.stem)
def test_every_pack_is_used_here_and_declares_what_it_takes(path: Path) -> None:
    assert f"pack: {path.stem}" in SHORT
    text = path.read_text(encoding="utf-8")
    for name in read_yaml(text).data["parameters"]:
        assert f"${{{name}}}" in text, name


def test_a_parameter_that_is_wrong_is_found_where_it_was_given() -> None:
    text = SHORT.replace("asked_by: [desk], approver: chief", "asked_by: [dek], approver: cheif")
    found = {one.path: (where, one.en) for one, _, where in parse_source(text, "x.yaml").located()}
    assert found["milestones[refund-submitted].by"][0] == "line 14"
    assert found["milestones[refund-submitted].by"][1].endswith("did you mean desk?")
    assert found["notices[refund-wanted].to"] == ("line 14", found["notices[refund-wanted].to"][1])
