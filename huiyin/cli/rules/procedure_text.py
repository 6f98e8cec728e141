"""A procedure as readable text: one section per part, one line per element, with the facts behind it on demand."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.catalogue import facts
from shared.procedures.describe import Language, describe
from shared.procedures.model import (
    Clock,
    ClockStep,
    DocumentKind,
    DurationTable,
    Element,
    FieldSpec,
    FollowUp,
    Notice,
    Procedure,
    Report,
    Text,
)
from shared.procedures.offices import HANDLER

_SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("channels", "渠道", "Channels"),
    ("fields", "字段", "Fields"),
    ("parties", "当事人", "Parties"),
    ("documents", "文书材料", "Documents"),
    ("supplements", "补正", "Supplements"),
    ("counts", "计数", "Counts"),
    ("admission", "受理", "Admission"),
    ("classes", "类别", "Classes"),
    ("departments", "部门", "Departments"),
    ("levels", "层级（由低到高）", "Ladder (lowest first)"),
    ("routes", "分派", "Routes"),
    ("milestones", "里程碑", "Milestones"),
    ("clocks", "时限", "Clocks"),
    ("escalations", "上报升级", "Escalations"),
    ("reopenings", "重新办理", "Reopenings"),
    ("notices", "通知", "Notices"),
    ("follow_ups", "回访", "Follow-ups"),
    ("confidentiality", "保密与回避", "Confidentiality"),
    ("reports", "定期报告", "Reports"),
    ("rules", "其他规定", "Rules"),
)
_NEEDED: dict[str | bool, tuple[str, str]] = {
    True: ("必填", "needed"),
    False: ("选填", "optional"),
    "registration": ("登记必填", "needed for registration"),
    "requested": ("登记后索取", "asked for after registration"),
    "optional": ("选填", "optional"),
}
_HELD = {
    "identity": ("身份，保密库", "identity, vault"),
    "evidence": ("材料，保密库", "evidence, vault"),
    "coded": ("", ""),
}
_DECISIONS = {"admit": ("受理", "admit"), "refuse": ("不予受理", "refuse"), "transfer-out": ("转送", "transfer out")}


class ProcedureText:
    """Renders one procedure in one language."""

    def __init__(self, procedure: Procedure, lang: Language, *, with_facts: bool) -> None:
        self._procedure = procedure
        self._lang = lang
        self._zh = lang == "zh"
        self._with_facts = with_facts

    def lines(self) -> Iterator[str]:
        """The whole text, line by line."""
        one = self._procedure
        number = self._say("编号", "number")
        yield f"{self._name(one.name)}  [{one.id} v{one.version}]"
        yield self._say(f"自 {one.in_force_from} 起施行", f"in force from {one.in_force_from}") + (
            f", {one.time_zone}, {one.calendar}, {number} {one.numbering.case.pattern}"
        )
        for part, zh, en in _SECTIONS:
            body = list(self._part(part))
            if body:
                yield ""
                yield self._say(zh, en)
                yield from body

    def _part(self, part: str) -> Iterator[str]:
        if part == "admission":
            yield from self._admission()
            return
        for element in getattr(self._procedure, part):
            yield from self._element(element, self._line(element))

    def _line(self, element: Element) -> str:
        id = getattr(element, "id", "")
        match element:
            case FieldSpec():
                words = [self._pair(_NEEDED[element.required]), self._pair(_HELD[element.holds]), element.type]
                choices = ": " + ", ".join(one.id for one in element.choices) if element.choices else ""
                known = ", ".join(word for word in words if word) + choices
                return f"{id}: {self._name(element.label)} ({known}){self._when(element)}"
            case DocumentKind():
                return f"{id}: {self._name(element.name)}{self._document(element)}{self._when(element)}"
            case FollowUp():
                return f"{id}: {self._follow_up(element)}{self._when(element)}"
            case Clock():
                return f"{id}: {self._name(element.name)}: {self._clock(element)}{self._when(element)}"
            case Notice():
                to, at = ", ".join(element.to), ", ".join(element.at)
                return f"{id}: {self._name(element.name)} → {to}: {at}{self._when(element)}"
            case Report():
                return f"{id}: {self._name(element.name)}: {self._report(element)}"
        name = getattr(element, "name", None)
        shown = f"{id}: {self._name(name)}" if isinstance(name, Text) else str(id)
        details = [
            f"{key} {', '.join(map(self._office, value)) if isinstance(value, tuple) else value}"
            for key in ("at", "to", "class_", "department", "level", "to_level", "by", "same", "window")
            if (value := getattr(element, key, None)) not in (None, ())
        ]
        requires = ", ".join(one.reached or "contributed: all" for one in getattr(element, "requires", ()))
        if requires:
            details.append(self._say(f"须先 {requires}", f"requires {requires}"))
        return shown + (f" ({'; '.join(details).replace('class_', 'class')})" if details else "") + self._when(element)

    def _office(self, id: str) -> str:
        return self._say("承办方", "whoever has the case") if id == HANDLER else id

    def _follow_up(self, one: FollowUp) -> str:
        text = one.after
        text += self._say(f"，{one.wait} 后", f", not before {one.wait}") if one.wait else ""
        text += self._say(f"，{one.within} 内", f", within {one.within}") if one.within else ""
        text += f" ({', '.join(one.by)})" if one.by else ""
        grades = ", ".join(self._name(grade.name) for grade in one.grades)
        text += self._say(f"，分为 {grades}", f", answered by {grades}") if grades else ""
        text += self._say(f"，至多 {one.rounds} 轮", f", {one.rounds} rounds at most") if one.rounds > 1 else ""
        if one.attempts:
            text += self._say(f"，每轮至多 {one.attempts} 次", f", {one.attempts} attempts at most")
        return text

    def _document(self, document: DocumentKind) -> str:
        words = [document.at] if document.at else []
        if document.number is not None:
            same = self._say(f"与 {document.number.same_as} 同号", f"numbered as {document.number.same_as}")
            words.append(document.number.pattern or same)
        lists = (("须载明", "states", tuple(one.id for one in document.fields)), ("由", "by", document.by),
                 ("签章", "signed by", document.signed_by), ("分送", "copies to", document.copies))  # fmt: skip
        words += [f"{self._say(zh, en)} {', '.join(names)}" for zh, en, names in lists if names]
        if document.files is not None:
            kinds, size = ", ".join(document.files.types), document.files.at_most
            words.append(self._say(f"文件 {kinds}，每份至多 {size}", f"files {kinds}, {size} each at most"))
        return f" ({'; '.join(words)})" if words else ""

    def _clock(self, clock: Clock) -> str:
        length = self._length(clock)
        hours = self._say(" 营业时间内", " of business hours") if clock.time == "business" else ""
        text = f"{length}{hours}, {' | '.join(clock.from_)} → {' | '.join(clock.until)}"
        if clock.group:
            text += self._say(f"，同组择一 {clock.group}", f", one of {clock.group}")
        if clock.within:
            text += self._say(f"，不晚于 {clock.within}", f", within {clock.within}")
        if clock.extension is not None:
            who = ", ".join(clock.extension.approved_by)
            to = clock.extension.to or clock.extension.to_field
            text += self._say(f"，可延至 {to}", f", extendable to {to}")
            text += f" ({who})" if who else ""
            if most := clock.extension.max or clock.extension.at_most:
                text += self._say(f"，至多 {most}", f", {most} at most")
        quiet = ", ".join(f"{one.from_}-{one.until}" for one in clock.quiet)
        text += self._say(f"，{quiet} 静默", f", quiet {quiet}") if quiet else ""
        if clock.catch_up != "all":
            late = {
                "latest": ("迟到的只说最近一步", "of late steps the latest only"),
                "skip": (f"迟到逾 {clock.skip_after} 的不说", f"no step later than {clock.skip_after}"),
            }[clock.catch_up]
            text += self._say(f"，{late[0]}", f", {late[1]}")
        steps = [self._step(one) for one in clock.steps]
        if condition := describe(clock.while_, self._lang):
            text += self._say(f"，仅在 {condition} 时", f", while {condition}")
        return text + (self._say("，提醒 ", ", steps ") + ", ".join(steps) if steps else "")

    def _report(self, report: Report) -> str:
        due, rounds = report.due, f" x{report.times}" if report.times > 1 else ""
        text = f"{report.every}{rounds}" + (f" {report.half}" if report.half else "")
        if due is not None and due.within is not None:
            text += self._say(f"，期满后 {due.within} 内", f", within {due.within} after it")
        elif due is not None:
            next_ = self._say("下期 ", "next ") if due.of == "next" else ""
            word = self._say("前", "before") if due.before else self._say("止", "by")
            text += self._say(f"，{next_}{due.day} 日{word}", f", {word} {next_}{due.day}")
        text += self._say(f"，由 {', '.join(report.by)}", f", by {', '.join(report.by)}")
        return text + (self._say(f"，报 {', '.join(report.to)}", f", to {', '.join(report.to)}") if report.to else "")

    def _length(self, clock: Clock) -> str:
        if not isinstance(clock.duration, DurationTable):
            return clock.duration or clock.due_field or ""
        table = clock.duration
        rows = [f"{value} {length}" for value, length in table.values.items()]
        rows += [self._say(f"其余 {table.else_}", f"else {table.else_}")] if table.else_ else []
        return self._say(f"按 {table.by}：", f"by {table.by}: ") + ", ".join(rows)

    def _step(self, step: ClockStep) -> str:
        if step.every is None:
            return f"{step.percent}%" if step.percent else f"-{step.before}" if step.before else f"+{step.after}"
        most = self._say(f"，至多 {step.times} 次", f" {step.times} times at most") if step.times else ""
        return self._say(f"每 {step.every}", f"every {step.every}") + most

    def _admission(self) -> Iterator[str]:
        admission = self._procedure.admissibility
        for rule in admission.rules:
            to = f" → {rule.to}" if rule.to else ""
            line = f"{rule.id}: {self._pair(_DECISIONS[rule.decision])}{to}: {self._name(rule.reason)}"
            yield from self._element(rule, line + self._when(rule))
        who = ", ".join(admission.decided_by)
        held = (f"待 {who} 决定", f"held for a decision by {who}")
        otherwise = self._pair(held if admission.otherwise == "hold" else ("受理", "admit"))
        yield from self._element(admission, self._say("其余：", "otherwise: ") + otherwise)

    def _element(self, element: Element, line: str) -> Iterator[str]:
        yield f"  {line}"
        known = facts()
        for id in element.source if self._with_facts else ():
            statement = known[id].statement if id in known else self._say("书面规定", "of the written rules")
            yield f"      {id}: {statement}"

    def _when(self, element: Element) -> str:
        text = describe(getattr(element, "when", None), self._lang)
        return self._say(f"，当 {text}", f", when {text}") if text else ""

    def _name(self, text: Text) -> str:
        return text.zh if self._zh else text.en

    def _pair(self, pair: tuple[str, str]) -> str:
        return pair[0 if self._zh else 1]

    def _say(self, zh: str, en: str) -> str:
        return zh if self._zh else en
