"""The base and the packs that are shipped: a procedure that stands on them is short, and sound."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from huiyin.simulate.files import parse_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import run_example
from shared.business_time.loader import load_calendars
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


# Nothing here has a name but who acts: the base knows what the usual channels, milestones and notices are called.
LADDER = """\
id: shop
version: 1
name: {zh: 门店, en: Shop}
in_force_from: 2025-01-01
extends: complaint@1
use:
  - pack: rung@1
    with: {level: clerk, zh: 店员, en: the clerk, within: PT15M, next: manager, facts: [3]}
  - pack: rung@1
    with: {level: manager, zh: 店长, en: the manager, within: PT30M, next: head}
  - pack: deadline@1
    with: {id: answer, zh: 答复, en: The answer, from: [admitted], until: [resolved], within: P3WD, late_to: head}
  - pack: asked-back@1
    with: {by: [shop-floor], within: P2WD, late_to: head}
channels: [{id: telephone}, {id: visit, source: [1]}]
numbering: {case: {pattern: 'S-{year}-{number:05}'}}
departments: [{id: shop-floor, name: {zh: 卖场, en: Shop floor}}]
default_department: shop-floor
levels:
  - {id: clerk, name: {zh: 店员, en: Clerk}}
  - {id: manager, name: {zh: 店长, en: Manager}}
  - {id: head, name: {zh: 总部, en: Head office}}
routes: [{id: all, department: shop-floor, level: clerk}]
milestones: [{id: resolved, requires: [{reached: accepted-by-department}]}]
notices: [{id: supplement}, {id: reminder, at: ['breached:answer'], to: department}]
fields: [{id: phone, required: requested}]
"""


def test_what_a_file_names_has_its_usual_name_and_what_it_does_not_name_is_not_there() -> None:
    source = parse_source(LADDER, "shop.yaml")
    assert [(where, one.path, one.en) for one, _, where in source.located()] == []
    shop = source.procedure
    assert [(one.id, one.name.en, one.source) for one in shop.channels] == [
        ("telephone", "Telephone", ()),
        ("visit", "Visit", ("shop.01",)),
    ]
    assert {one.id for one in shop.milestones} == {"resolved", "closed", "archived"}
    notices = {one.id: one for one in shop.notices}
    assert (notices["supplement"].at, notices["supplement"].to) == (("supplement-requested",), ("complainant",))
    assert notices["reminder"].name.zh == "催办"
    assert {"admission", "refusal", "transfer", "extended"} & notices.keys() == set()


def test_a_ladder_of_rungs_goes_up_when_time_is_over_and_the_complainant_is_asked_back() -> None:
    told = """\
procedure: shop
complaint: {channel: telephone, fields: {content: 内容, phone: '1'}}
examples:
  - id: up
    given: {received: 2025-09-22 10:00}
    until: 2025-09-22 11:00
    expect:
      happened: {'escalated:manager': 2025-09-22 10:15, 'escalated:head': 2025-09-22 10:45}
      notices: [{notice: at-manager, to: 'level:manager'}, {notice: at-head, to: 'level:head'}]
  - id: back
    given: {received: 2025-09-22 10:00}
    when:
      - {at: 2025-09-22 10:05, by: shop-floor, report: accepted-by-department}
      - {at: 2025-09-22 10:10, by: shop-floor, report: resolved, documents: [result]}
    until: 2025-09-25 00:00
    # two working days after the 22nd: the 23rd and the 24th
    expect: {happened: {'breached:asked-back-in-time': 2025-09-24 24:00}, not_happened: ['escalated:manager']}
"""
    shop = parse_source(LADDER, "shop.yaml").procedure
    file = parse_examples(told, "shop.yaml", shop)
    rules = WorldRules(shop, load_calendars())
    assert [str(line) for one in file.examples for line in run_example(one, file, rules).failures] == []


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
    assert f"pack: {path.stem}" in SHORT + LADDER
    text = path.read_text(encoding="utf-8")
    for name in read_yaml(text).data["parameters"]:
        assert f"${{{name}}}" in text, name


def test_a_parameter_that_is_wrong_is_found_where_it_was_given() -> None:
    text = SHORT.replace("asked_by: [desk], approver: chief", "asked_by: [dek], approver: cheif")
    found = {one.path: (where, one.en) for one, _, where in parse_source(text, "x.yaml").located()}
    assert found["milestones[refund-submitted].by"][0] == "line 14"
    assert found["milestones[refund-submitted].by"][1].endswith("did you mean desk?")
    assert found["notices[refund-wanted].to"] == ("line 14", found["notices[refund-wanted].to"][1])
