"""How to complain: the text that a procedure's own data make, in Chinese or English, for whoever wants to complain.

It says where and when complaints are taken, what one must state, when a complaint is refused, how long each step takes
and what one can do afterwards. Nothing in it is written twice: change the rules, and the text has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from shared.business_time.calendars import WEEKDAYS, Calendar, Window
from shared.business_time.durations import Duration
from shared.business_time.explain_text import duration_text
from shared.procedures.conditions import fields_of
from shared.procedures.describe import Language, Words, describe, words_of
from shared.procedures.model import (
    Channel,
    Clock,
    Contact,
    DurationTable,
    FieldSpec,
    Party,
    Procedure,
    Reopening,
    Text,
)
from shared.procedures.occurrence_words import occurrence_words

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE = 60_000_000
_WHOLE_DAY: tuple[Window, ...] = ((0, 24 * 60 * _MINUTE),)


def how_to_complain(procedure: Procedure, calendars: Mapping[str, Calendar], language: Language) -> str:
    """The whole text, ending in a line break. A channel whose calendar is not among these shows no hours."""
    return "\n".join(_Text(procedure, calendars, language).lines()) + "\n"


class _Text:
    def __init__(self, procedure: Procedure, calendars: Mapping[str, Calendar], language: Language) -> None:
        self._procedure = procedure
        self._calendars = calendars
        self._language: Language = language
        self._zh = language == "zh"
        self._words: Words = replace(words_of(procedure, language), occurrences=_asked_about(procedure, language))

    def lines(self) -> Iterator[str]:
        one = self._procedure
        yield self._say(f"怎样投诉：{one.name.zh}", f"How to complain: {one.name.en}")
        yield self._say(
            f"依据 {one.id} 第 {one.version} 版，自 {one.in_force_from} 起施行",
            f"By {one.id}, version {one.version}, in force from {one.in_force_from}",
        )
        parts = (
            ("在哪里、何时可以投诉", "Where and when", [line for each in one.channels for line in self._channel(each)]),
            ("须说明什么", "What to state", list(self._fields())),
            ("怎样决定是否受理", "When a complaint is not admitted", list(self._refusals())),
            ("多久办理", "How long it takes", list(self._deadlines())),
            ("此后", "Afterwards", list(self._afterwards())),
        )
        for zh, en, body in parts:
            if body:
                yield ""
                yield self._say(zh, en)
                yield from (f"  {line}" for line in body)

    def _channel(self, channel: Channel) -> Iterator[str]:
        found = list(self._contact(channel.contact)) if channel.contact else []
        calendar = self._calendars.get(channel.hours or "")
        if calendar is not None:
            found.append(hours_text(calendar, self._language))
        name = self._text(channel.name)
        yield f"- {name}{self._colon()}{self._joined(found, '；', '; ')}" if found else f"- {name}"

    def _contact(self, contact: Contact) -> Iterator[str]:
        yield from contact.phone
        yield from (one for one in (contact.account, contact.url, contact.email) if one)
        if contact.address is not None:
            yield self._text(contact.address)
        if contact.postcode is not None:
            yield self._say(f"邮编 {contact.postcode}", f"postcode {contact.postcode}")

    def _fields(self) -> Iterator[str]:
        headings = {
            "registration": self._say("缺了不予登记", "needed for registration"),
            "requested": self._say("登记后会请您补充", "asked for after registration"),
        }
        for required, heading in headings.items():
            for spec in self._procedure.fields:
                if spec.required == required:
                    yield f"- {self._field(spec)}{self._say(f'（{heading}）', f' ({heading})')}"
            for party in self._procedure.parties:
                if party.required == required:
                    yield f"- {self._party(party)}{self._say(f'（{heading}）', f' ({heading})')}"

    def _field(self, spec: FieldSpec) -> str:
        label = self._text(spec.label)
        if spec.choices:
            choices = self._joined([self._text(one.name) for one in spec.choices], "、", ", ")
            label += self._say(f"（{choices}）", f" ({choices})")
        if spec.when is not None:
            condition = describe(spec.when, self._language, self._words)
            label += self._say(f"，当{condition}时", f", where {condition}")
        return label

    def _party(self, party: Party) -> str:
        fields = self._joined([self._text(one.label) for one in party.fields], "、", ", ")
        several = f"{party.at_least}–{party.at_most}" if party.at_most > party.at_least else f"{party.at_most}"
        many = self._say(f"，{several} 人", f", {several} persons") if party.at_most > 1 else ""
        name = self._text(party.name) + self._say(f"（{fields}）", f" ({fields})") + many
        if party.when is None:
            return name
        condition = describe(party.when, self._language, self._words)
        return name + self._say(f"，当{condition}时", f", where {condition}")

    def _refusals(self) -> Iterator[str]:
        words = {
            "refuse": self._say("不予受理", "not admitted"),
            "transfer-out": self._say("转交有权处理的单位", "passed on to the body that is competent"),
        }
        for decision, word in words.items():
            for rule in self._procedure.admissibility.rules:
                if rule.decision == decision:
                    yield f"- {self._text(rule.reason)}{self._colon()}{word}"

    def _deadlines(self) -> Iterator[str]:
        for clock in self._procedure.clocks:
            if clock.duration is None:  # an agreed date
                continue
            starts = [occurrence_words(one, self._procedure, self._language) for one in clock.from_]
            since = self._joined(starts, "或", " or ")
            condition = self._condition(clock)
            yield self._say(
                f"- {clock.name.zh}：自{since}起，{self._duration(clock)}{condition}",
                f"- {clock.name.en}: {self._duration(clock)} from: {since}{condition}",
            )

    def _condition(self, clock: Clock) -> str:
        found = [describe(one, self._language, self._words) for one in (clock.when, clock.while_) if one is not None]
        if not found:
            return ""
        condition = self._joined(found, "且", " and ")
        return self._say(f"（{condition}）", f" ({condition})")

    def _duration(self, clock: Clock) -> str:
        def words(text: str) -> str:
            return duration_text(Duration.parse(text), self._language)

        if not isinstance(clock.duration, DurationTable):
            return words(str(clock.duration)) + self._business(clock)
        table = clock.duration
        rows = [f"{self._words.value(table.by, value)} {words(text)}" for value, text in table.values.items()]
        if table.else_ is not None:
            rows.append(self._say(f"其余 {words(table.else_)}", f"otherwise {words(table.else_)}"))
        return self._joined(rows, "、", ", ") + self._business(clock)

    def _business(self, clock: Clock) -> str:
        return self._say("（工作时间内计）", " of opening hours") if clock.time == "business" else ""

    def _afterwards(self) -> Iterator[str]:
        yield self._say(
            "- 登记后您会得到编号和查询码，凭两者可随时查询进度",
            "- After registration you get a number and a receipt code, by which you can follow it at any time",
        )
        if any(one.after for one in self._procedure.follow_ups):
            yield self._say("- 办理后会向您回访", "- You are asked back about the answer")
        for one in self._procedure.reopenings:
            yield self._reopening(one)
        for rule in self._procedure.rules:
            if rule.kind == "remedy":
                yield f"- {self._text(rule.name)}"

    def _reopening(self, one: Reopening) -> str:
        at = occurrence_words(one.at, self._procedure, self._language)
        within = duration_text(Duration.parse(one.within), self._language) if one.within else None
        zh = f"- {at}：重新办理" + (f"，{within}内" if within else "") + (f"，最多 {one.times} 次" if one.times else "")
        en = f"- {at}: it is handled again" + (f", within {within}" if within else "")
        times = "" if one.times is None else ", once at most" if one.times == 1 else f", {one.times} times at most"
        return self._say(zh, en + (times))

    def _say(self, zh: str, en: str) -> str:
        return zh if self._zh else en

    def _text(self, text: Text) -> str:
        return text.zh if self._zh else text.en

    def _colon(self) -> str:
        return self._say("：", ": ")

    def _joined(self, parts: list[str], zh: str, en: str) -> str:
        return (zh if self._zh else en).join(parts)


def _asked_about(procedure: Procedure, language: Language) -> dict[str, str]:
    """The occurrences that the clocks' conditions ask about, in words."""
    conditions = [one for clock in procedure.clocks for one in (clock.when, clock.while_) if one is not None]
    names = {name.removeprefix("reached:") for one in conditions for name in fields_of(one) if "reached:" in name}
    return {name: occurrence_words(name, procedure, language) for name in names}


def hours_text(calendar: Calendar, language: Language) -> str:
    """A week's opening hours in words: days with the same hours together, and what holidays do to them."""
    zh = language == "zh"
    if all(tuple(day) == _WHOLE_DAY for day in calendar.week) and not calendar.holidays:
        return "全天 24 小时" if zh else "around the clock"
    groups: list[tuple[int, int, tuple[Window, ...]]] = []
    for day, windows in enumerate(calendar.week):
        if groups and groups[-1][2] == windows and groups[-1][1] == day - 1:
            groups[-1] = (groups[-1][0], day, windows)
        else:
            groups.append((day, day, windows))
    shown = [f"{_days(first, last, zh)} {_windows(windows, zh)}" for first, last, windows in groups if windows]
    text = ("，" if zh else ", ").join(shown)
    if calendar.holidays:
        text += "（法定节假日除外，调休日照常）" if zh else " (not on public holidays)"
    return text


def _days(first: int, last: int, zh: bool) -> str:
    if first == 0 and last == len(WEEKDAYS) - 1:
        return "每天" if zh else "every day"
    names = [f"周{one}" for one in _WEEKDAYS_ZH] if zh else _WEEKDAYS_EN
    return names[first] if first == last else f"{names[first]}{'至' if zh else '–'}{names[last]}"


def _windows(windows: tuple[Window, ...], zh: bool) -> str:
    return ("、" if zh else ", ").join(f"{_time(opens)}–{_time(closes)}" for opens, closes in windows)


def _time(us: int) -> str:
    return f"{us // _MINUTE // 60:02}:{us // _MINUTE % 60:02}"
