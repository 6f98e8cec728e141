"""An explanation of a due date in words, Chinese or English: one line a fact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from shared.business_time.calendars import Name
from shared.business_time.durations import Duration, Unit
from shared.business_time.explain import Day, Explanation, Reason
from shared.business_time.zones import zone

Language = Literal["zh", "en"]

_WEEKDAYS_ZH = "一二三四五六日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS: dict[Unit, tuple[str, str]] = {
    Unit.WORKING_DAYS: ("个工作日", "working day"),
    Unit.DAYS: ("个自然日", "calendar day"),
    Unit.WEEKS: ("周", "week"),
    Unit.MONTHS: ("个月", "month"),
    Unit.YEARS: ("年", "year"),
}
_REASONS: dict[Reason, tuple[str, str]] = {
    Reason.START_DATE: ("起算当日不计入", "the start's date is not counted"),
    Reason.WORKING_DAY: ("工作日", "working day"),
    Reason.MAKEUP_WORKDAY: ("调休工作日", "make-up workday"),
    Reason.CALENDAR_DAY: ("自然日", "calendar day"),
    Reason.WEEKLY_CLOSURE: ("休息日", "weekly closure"),
    Reason.HOLIDAY: ("节假日", "holiday"),
    Reason.SPECIAL_CLOSURE: ("当日不开放", "closed on this date"),
    Reason.PAUSED: ("中止期间", "paused"),
    Reason.OUTSIDE: ("不在工作时间内", "no opening hours left"),
}


def explain_text(explanation: Explanation, language: Language, *, each_day: bool = True) -> list[str]:
    """The explanation as lines, times in the calendar's zone; the start and the due instant first.

    `each_day`: a line for each date, counted or not; otherwise one line for the dates that were not counted.
    """
    zh = language == "zh"
    calendar = explanation.calendar
    start = _moment(explanation, explanation.start, day_end=False)
    what = duration_text(explanation.duration, language)
    title = _named(calendar.name, language) or calendar.id
    lines = [
        f"自 {start} 起，{what}（{title}，{calendar.id} {calendar.version}，{calendar.time_zone}）"
        if zh
        else f"From {start}, {what} ({title}, {calendar.id} {calendar.version}, {calendar.time_zone})"
    ]
    if explanation.due is None:
        lines.append("中止尚未结束，暂无到期时间" if zh else "Paused and not resumed: nothing is due until then")
    else:
        at = _moment(explanation, explanation.due.at, day_end=True)
        lines.append(f"到期：{at}" if zh else f"Due: {at}")
        if explanation.due.provisional:
            lines.append(
                "所涉日期的放假安排尚未公布，到期时间为暂定"
                if zh
                else "Provisional: the holidays of some of these dates are not published yet"
            )
    if explanation.next_opening is not None and explanation.due and explanation.next_opening > explanation.due.at:
        opening = _moment(explanation, explanation.next_opening, day_end=False)
        lines.append(f"其后最近的工作时间：{opening}" if zh else f"Next opening after that: {opening}")
    if each_day:
        lines += [_day(day, explanation.duration, language) for day in explanation.days]
    elif skipped := [day for day in explanation.skipped if day.reason is not Reason.START_DATE]:
        lines.append(_skipped(skipped, language))
    if explanation.cut_short:
        lines.append("……（其余日期从略）" if zh else "… (further dates left out)")
    for pause in explanation.pauses:
        begins = _moment(explanation, pause.begins, day_end=False)
        ends = _moment(explanation, pause.ends, day_end=False) if pause.ends else ("至今" if zh else "now")
        line = f"中止：{begins} 至 {ends}" if zh else f"Paused: {begins} to {ends}"
        if pause.seconds:
            line += (
                f"，扣除 {_time(pause.seconds, language)}" if zh else f", {_time(pause.seconds, language)} taken out"
            )
        lines.append(line)
    return lines


def _skipped(days: Sequence[Day], language: Language) -> str:
    """How many dates were not counted, by reason, holidays by their names."""
    zh = language == "zh"
    reasons = Counter(_reason(day, language) for day in days)
    listed = ("、" if zh else ", ").join(f"{reason} {count}" for reason, count in reasons.items())
    return f"不计 {len(days)} 日：{listed}" if zh else f"{len(days)} dates not counted: {listed}"


def _reason(day: Day, language: Language) -> str:
    """The name of a date if it has one that matters, else why it was counted or not."""
    word = _REASONS[day.reason][0 if language == "zh" else 1]
    if day.reason in (Reason.START_DATE, Reason.PAUSED, Reason.OUTSIDE):
        return word
    return _named(day.name, language) or word


def _day(day: Day, duration: Duration, language: Language) -> str:
    zh = language == "zh"
    reason = _reason(day, language)
    text = _date(day.date, language)
    if day.number is None:
        return f"{text}：不计（{reason}）" if zh else f"{text}: not counted ({reason})"
    if duration.in_days:
        return f"{text}：第 {day.number} 日（{reason}）" if zh else f"{text}: day {day.number} ({reason})"
    return (
        f"{text}：计 {_time(day.seconds, language)}（{reason}）"
        if zh
        else f"{text}: {_time(day.seconds, language)} ({reason})"
    )


def _date(day: date, language: Language) -> str:
    if language == "zh":
        return f"{day.isoformat()} 星期{_WEEKDAYS_ZH[day.weekday()]}"
    return f"{day.isoformat()} {_WEEKDAYS_EN[day.weekday()]}"


def duration_text(duration: Duration, language: Language) -> str:
    """A duration in words: `3 working days`, `30 min`, `at once`."""
    zh = language == "zh"
    if duration.unit is Unit.IMMEDIATE:
        return "即时" if zh else "at once"
    if duration.unit is Unit.SECONDS:
        return _time(duration.count, language)
    word_zh, word_en = _UNITS[duration.unit]
    if duration.count == 0:
        return "当日" if zh else "the same day"
    return f"{duration.count} {word_zh}" if zh else f"{duration.count} {word_en}{'s' if duration.count != 1 else ''}"


def _time(seconds: float, language: Language) -> str:
    """Hours, minutes and seconds; never days."""
    sign, whole = ("-" if seconds < 0 else ""), round(abs(seconds))
    parts = ((whole // 3_600, "小时", "h"), (whole // 60 % 60, "分钟", "min"), (whole % 60, "秒", "s"))
    given = [part for part in parts if part[0]] or [parts[2]]
    if language == "zh":
        return sign + "".join(f"{count}{zh}" for count, zh, _ in given)
    return sign + " ".join(f"{count} {en}" for count, _, en in given)


def _moment(explanation: Explanation, at: datetime, *, day_end: bool) -> str:
    """Local time; midnight at the end of a day is written 24:00 of that day."""
    local = at.astimezone(zone(explanation.calendar.time_zone))
    if day_end and explanation.duration.in_days and (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{(local - timedelta(days=1)).date().isoformat()} 24:00"
    return f"{local.date().isoformat()} {local:%H:%M}" + (f":{local:%S}" if local.second else "")


def _named(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en
