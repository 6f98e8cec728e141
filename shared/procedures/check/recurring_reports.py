"""Reports that cannot be made as they are written: nobody to make them, due too early, figures of what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.known_facts import known_facts
from shared.procedures.check.occurrences import is_known, possible, possible_of_reports
from shared.procedures.check.parts import Ids
from shared.procedures.conditions import Condition, fields_of
from shared.procedures.milestones import DEADLINE, PERIODIC, split
from shared.procedures.model import Notice, Procedure, Report
from shared.procedures.report_periods import Period, due_day, period_of

_SAMPLES = (date(2025, 2, 3), date(2025, 2, 20))
"""A day in each half of the shortest month: what is due too early there is due too early somewhere."""


def check_recurring_reports(procedure: Procedure) -> Iterator[Finding]:
    """Findings on each recurring report."""
    clocks, ids, can_be = {one.id for one in procedure.clocks}, Ids(procedure), possible(procedure)
    for report in procedure.reports:
        path = f"reports[{report.id}]"
        if report.id in clocks:
            yield error(
                path,
                "与某时限同名：报告的时限以报告命名",
                "a clock has the id of this report's deadline",
            )
        yield from _due(path, report)
        yield from _measures(path, report, procedure, ids, can_be)
        yield from _facts(path, report, procedure)
    yield from _notices(procedure)


def _notices(procedure: Procedure) -> Iterator[Finding]:
    """A report has no complainant, and no department or level that it is with; a case has no recipients."""
    of_reports, departments = possible_of_reports(procedure), {one.id for one in procedure.departments}
    theirs = {one.id for one in procedure.reports if one.each and departments.issuperset(one.by)}
    for notice in procedure.notices:
        causes = sorted(of_reports.intersection(notice.at))
        for to in notice.to:
            if to == "department":  # of a report that each department makes, the one whose it is
                found = [one for one in causes if split(one)[1] not in theirs]
            else:
                found = causes if to in ("complainant", "level") else []
            if found:
                yield error(
                    f"notices[{notice.id}].to",
                    f"报告没有 {to}：写角色、部门或层级的 id（{found[0]}）",
                    f"{found[0]} happens to a report, which has no {to}: name an office by its id",
                )
        if "recipients" in notice.to:
            yield from _recipients(f"notices[{notice.id}].to", notice, procedure, of_reports)


def _recipients(path: str, notice: Notice, procedure: Procedure, of_reports: frozenset[str]) -> Iterator[Finding]:
    for word in notice.at:
        _, report = split(word)
        if word not in of_reports:
            yield error(path, f"{word} 不是报告的事项，没有 recipients", f"{word} happens to no report: no recipients")
        elif not any(one.to for one in procedure.reports if report in (None, one.id)):
            yield error(path, f"{word} 的报告没有写报送对象", f"{word}: this report goes to nobody (`to`)")


def _due(path: str, report: Report) -> Iterator[Finding]:
    if report.half is not None and report.every != "half-month":
        yield error(f"{path}.half", "只有半月报分上下半月", "belongs to a report of every half-month")
    rule, place = report.due, f"{path}.due"
    if rule is None:
        if report.counts_cases:
            yield error(
                place,
                "有统计数的报告须写明何时到期",
                "figures are known when the period is over: say until when the report is due",
            )
        return
    if rule.day is None:
        return
    if report.every == "half-month" and report.half is None:
        yield error(
            f"{place}.day",
            "每月两期的半月报不能同在一日到期：写 half，或用 within",
            "the two halves of a month are not due on one day: say which `half`, or `within`",
        )
        return
    if report.every == "P1W" and isinstance(rule.day, int) and rule.day > 7:
        yield error(f"{place}.day", "周报的日为 1（周一）至 7", "a day of a week is 1 (Monday) to 7")
    if report.every == "P1D" and rule.day not in (1, "last"):
        yield error(f"{place}.day", "日报的日为 1", "a day's report is due on day 1: of that day, or of the next")
    if rule.of is None and _is_too_early(report):
        yield error(
            f"{place}.day",
            "到期日早于周期结束：写 of: next 或 of: period",
            "lies before the period's end: say `of: next`, or `of: period` if it is meant so",
        )
    if any(due_day(rule, report.every, one) < one.first for one in _periods(report)):
        yield error(f"{place}.day", "到期日早于周期开始", "lies before the period begins")


def _periods(report: Report) -> Iterator[Period]:
    for day in _SAMPLES:
        period = period_of(report.every, day)
        if report.half is None or (period.first.day == 1) == (report.half == "first"):
            yield period


def _is_too_early(report: Report) -> bool:
    assert report.due is not None  # noqa: S101  (the caller looked)
    return any(due_day(report.due, report.every, one) < one.last for one in _periods(report))


def _measures(path: str, report: Report, procedure: Procedure, ids: Ids, can_be: frozenset[str]) -> Iterator[Finding]:
    own = {one.id for one in report.measures}
    named = [(f"measures[{one.id}].at", one.at) for one in report.measures]
    named += [("of.at", report.of.at)] if report.of.at is not None else []
    if isinstance(report.lists, str) and report.lists not in own:
        named.append(("lists", report.lists))
    for key, word in named:
        yield from _word(f"{path}.{key}", word, procedure, ids, can_be)
    for index, figure in enumerate(report.figures):
        words = [figure.count] if figure.count is not None else list(figure.rate or ())
        for word in words:
            if word not in own:
                yield from _word(f"{path}.shows[{index}]", word, procedure, ids, can_be)
    for one in report.measures:
        if _means_something(one.id, procedure, ids):
            yield error(
                f"{path}.measures[{one.id}]",
                "该名称已是系统用语或里程碑",
                "this word means something already: choose another",
            )


def _word(place: str, word: str, procedure: Procedure, ids: Ids, can_be: frozenset[str]) -> Iterator[Finding]:
    name, _ = split(word)
    if not _means_something(word, procedure, ids):
        zh, en = did_you_mean(word, can_be)
        yield error(
            place,
            f"既不是事项，也不是本报告的 measures:{word}{zh}",
            f"is neither an occurrence nor one of the report's measures: {word}{en}",
        )
    elif name in PERIODIC:
        yield error(place, f"报告本身的事项不属于投诉:{word}", f"happens to a report, not to a case: {word}")
    elif word not in can_be and not any(split(one)[0] == word for one in can_be):
        yield warning(place, f"按本程序不会发生:{word}", f"never happens in this procedure: {word}")


def _means_something(word: str, procedure: Procedure, ids: Ids) -> bool:
    """An occurrence; `breached` and the like without their clock mean those of every clock."""
    return is_known(word, procedure, ids) or word in DEADLINE


def _facts(path: str, report: Report, procedure: Procedure) -> Iterator[Finding]:
    known = known_facts(procedure)
    conditions = [(f"{path}.of.when", report.of.when)]
    conditions += [(f"{path}.measures[{one.id}].when", one.when) for one in report.measures]
    for place, condition in conditions:
        yield from _counted(place, condition)
    for index, figure in enumerate(report.figures):
        fact = figure.by
        if fact is None:
            continue
        if fact not in known or fact == "missing":
            zh, en = did_you_mean(fact, known)
            yield error(f"{path}.shows[{index}].by", f"没有这样的事实:{fact}{zh}", f"there is no such fact: {fact}{en}")
        elif fact.startswith(_COUNTED):
            yield _not_there(f"{path}.shows[{index}].by", fact)


_COUNTED = ("count.", "place.")


def _counted(place: str, condition: Condition | None) -> Iterator[Finding]:
    for name in sorted(fields_of(condition)):
        if name.startswith(_COUNTED):
            yield _not_there(place, name)


def _not_there(place: str, fact: str) -> Finding:
    return error(
        place, f"报告读取时间线，其中没有:{fact}", f"is not in the timeline, which reports are counted from: {fact}"
    )
