"""How to complain: the text that a procedure makes of itself, in both languages."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shared.business_time.calendars import Calendar, calendar_from
from shared.business_time.loader import load_calendars
from shared.procedures.describe import Language
from shared.procedures.how_to import hours_text, how_to_complain
from shared.procedures.loader import load_library, parse_procedure
from shared.procedures.model import Contact
from tests.unit.procedures.sample import SAMPLE

HOTLINE = """
id: hotline
version: 3
name: {zh: 卫生监督投诉, en: Health complaints}
in_force_from: 2025-01-01
channels:
  - {id: telephone, name: {zh: 热线, en: Hotline}, hours: always, contact: {phone: [96301-2, '3031952']}}
  - id: counter
    name: {zh: 来访, en: Counter}
    hours: cn
    contact: {address: {zh: 中山路 1 号, en: 1 Zhongshan Road}, postcode: '311400', email: a@example.org}
  - {id: letter, name: {zh: 来信, en: Letter}}
fields:
  - {id: content, label: {zh: 内容, en: What happened}, holds: evidence, required: registration}
  - {id: kind, label: {zh: 类别, en: Kind}, type: choice, required: requested,
     choices: [{id: food, name: {zh: 食品, en: Food}}, {id: water, name: {zh: 饮水, en: Water}}]}
  - {id: shop, label: {zh: 店名, en: Shop}, holds: evidence, required: registration, when: {field: kind, is: food}}
  - {id: note, label: {zh: 备注, en: Note}, holds: evidence}
numbering: {case: {pattern: 'H{number}', restart: never}}
admissibility:
  rules:
    - {id: other, decision: transfer-out, officer: true, reason: {zh: 属他处, en: For others}}
    - {id: late, decision: refuse, officer: true, reason: {zh: 已过时效, en: Past the limitation}}
roles: [{id: chief, name: {zh: 科长, en: Chief}}]
departments: [{id: desk, name: {zh: 窗口, en: Desk}}]
default_department: desk
milestones: [{id: visited, name: {zh: 现场检查, en: Visit}}]
clocks:
  - {id: answer, name: {zh: 答复, en: Answer}, from: [admitted], until: [resolved],
     duration: {by: kind, food: P3WD, else: P7D}, no_consequence: published only}
  - {id: look, name: {zh: 到场, en: Look}, from: [admitted], until: [visited], duration: PT1H, time: business,
     when: {reached: 'documented:letter'}, no_consequence: published only}
reopenings: [{id: again, at: dissatisfied, within: P7D, times: 1}]
follow_ups: [{id: asked, after: resolved}]
rules: [{id: appeal, kind: remedy, name: {zh: 可申请复议, en: You may ask for a review}}]
"""
ZH = """\
怎样投诉：卫生监督投诉
依据 hotline 第 3 版，自 2025-01-01 起施行

在哪里、何时可以投诉
  - 热线：96301-2；3031952；全天 24 小时
  - 来访：a@example.org；中山路 1 号；邮编 311400；周一至周五 09:00–12:00、13:30–17:30（法定节假日除外，调休日照常）
  - 来信

须说明什么
  - 内容（缺了不予登记）
  - 店名，当类别 = 食品时（缺了不予登记）
  - 类别（食品、饮水）（登记后会请您补充）

怎样决定是否受理
  - 已过时效：不予受理
  - 属他处：转交有权处理的单位

多久办理
  - 答复：自受理起，食品 3 个工作日、其余 7 个自然日
  - 到场：自受理起，1小时（工作时间内计）（已发生 文书入卷（letter））

此后
  - 登记后您会得到编号和查询码，凭两者可随时查询进度
  - 办理后会向您回访
  - 不满意：重新办理，7 个自然日内，最多 1 次
  - 可申请复议
"""
EN = """\
How to complain: Health complaints
By hotline, version 3, in force from 2025-01-01

Where and when
  - Hotline: 96301-2; 3031952; around the clock
  - Counter: a@example.org; 1 Zhongshan Road; postcode 311400; Mon–Fri 09:00–12:00, 13:30–17:30 (not on public holidays)
  - Letter

What to state
  - What happened (needed for registration)
  - Shop, where Kind = Food (needed for registration)
  - Kind (Food, Water) (asked for after registration)

When a complaint is not admitted
  - Past the limitation: not admitted
  - For others: passed on to the body that is competent

How long it takes
  - Answer: Food 3 working days, otherwise 7 calendar days from: admitted
  - Look: 1 h of opening hours from: admitted (documented (letter) has happened)

Afterwards
  - After registration you get a number and a receipt code, by which you can follow it at any time
  - You are asked back about the answer
  - dissatisfied: it is handled again, within 7 calendar days, once at most
  - You may ask for a review
"""


@pytest.mark.parametrize(("language", "text"), [("zh", ZH), ("en", EN)])
def test_the_text_says_what_the_procedure_says(language: Language, text: str) -> None:
    assert how_to_complain(parse_procedure(HOTLINE, "hotline.yaml"), load_calendars(), language) == text


@pytest.mark.parametrize("id", [one.id for one in load_library().all()])
def test_every_procedure_of_the_library_has_its_text(id: str) -> None:
    procedure = load_library().get(id)
    zh, en = (how_to_complain(procedure, load_calendars(), language) for language in ("zh", "en"))
    for one in procedure.channels:
        assert one.name.zh in zh
        assert one.name.en in en


def test_a_procedure_that_asks_for_nothing_and_limits_nothing_has_no_empty_part() -> None:
    text = how_to_complain(parse_procedure(SAMPLE, "sample.yaml"), {}, "en")
    assert "When a complaint is not admitted" not in text


def week(**days: list[list[str]]) -> Calendar:
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return calendar_from(
        {"id": "x", "version": "1", "time_zone": "Asia/Shanghai", "week": {day: days.get(day, []) for day in names}}
    )


@pytest.mark.parametrize(
    ("calendar", "zh", "en"),
    [
        (load_calendars()["always"], "全天 24 小时", "around the clock"),
        (load_calendars()["cn-mall"], "每天 10:00–22:00", "every day 10:00–22:00"),
        (week(mon=[["08:00", "24:00"]]), "周一 08:00–24:00", "Mon 08:00–24:00"),
        (
            week(
                mon=[["08:00", "09:00"]], tue=[["08:00", "09:00"]], thu=[["08:00", "09:00"]], sun=[["10:00", "11:30"]]
            ),
            "周一至周二 08:00–09:00，周四 08:00–09:00，周日 10:00–11:30",
            "Mon–Tue 08:00–09:00, Thu 08:00–09:00, Sun 10:00–11:30",
        ),
    ],
)
def test_days_with_the_same_hours_stand_together(calendar: Calendar, zh: str, en: str) -> None:
    assert (hours_text(calendar, "zh"), hours_text(calendar, "en")) == (zh, en)


@pytest.mark.parametrize("contact", [{}, {"url": "javascript:x"}, {"email": "no address"}, {"phone": "1\n2"}])
def test_a_contact_says_something_that_can_be_used(contact: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Contact.model_validate(contact)
