"""A procedure as readable text: one section per part, one line per element, with the facts behind it on demand."""

from __future__ import annotations

from collections.abc import Iterator

from huiyin.cli.rules.describe import Language, describe
from shared.procedures.catalogue import facts
from shared.procedures.model import CallBack, Clock, DocumentNumber, Element, FieldSpec, Notice, Procedure, Report, Text

_SECTIONS: tuple[tuple[str, str, str], ...] = (
    ("channels", "渠道", "Channels"),
    ("fields", "字段", "Fields"),
    ("documents", "文书编号", "Numbered documents"),
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
    ("call_backs", "回访", "Call-backs"),
    ("confidentiality", "保密与回避", "Confidentiality"),
    ("reports", "定期报告", "Reports"),
    ("rules", "其他规定", "Rules"),
)
_NEEDED = {
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
        holder = self._procedure.numbering if part == "documents" else self._procedure
        for element in getattr(holder, part):
            yield from self._element(element, self._line(element))

    def _line(self, element: Element) -> str:
        id = getattr(element, "id", "")
        match element:
            case FieldSpec():
                words = [self._pair(_NEEDED[element.required]), self._pair(_HELD[element.holds]), element.type]
                choices = ": " + ", ".join(one.id for one in element.choices) if element.choices else ""
                known = ", ".join(word for word in words if word) + choices
                return f"{id}: {self._name(element.label)} ({known}){self._when(element)}"
            case DocumentNumber():
                return f"{id}: {element.pattern}, {element.at}"
            case CallBack():
                within = self._say(f"，{element.within} 内", f", within {element.within}") if element.within else ""
                return f"{element.after}{within}{self._when(element)}"
            case Clock():
                return f"{id}: {self._name(element.name)}: {self._clock(element)}{self._when(element)}"
            case Notice():
                return f"{id}: {self._name(element.name)} → {element.to}: {', '.join(element.on)}{self._when(element)}"
            case Report():
                return f"{id}: {self._name(element.name)}: {self._report(element)}"
        name = getattr(element, "name", None)
        shown = f"{id}: {self._name(name)}" if isinstance(name, Text) else str(id)
        details = [
            f"{key} {', '.join(value) if isinstance(value, tuple) else value}"
            for key in ("on", "to", "class_", "department", "level", "to_level", "by", "same", "window")
            if (value := getattr(element, key, None)) not in (None, ())
        ]
        requires = ", ".join(one.reached for one in getattr(element, "requires", ()))
        if requires:
            details.append(self._say(f"须先 {requires}", f"requires {requires}"))
        return shown + (f" ({'; '.join(details).replace('class_', 'class')})" if details else "") + self._when(element)

    def _clock(self, clock: Clock) -> str:
        length = clock.duration or clock.due_field
        hours = self._say(" 营业时间内", " of business hours") if clock.time == "business" else ""
        text = f"{length}{hours}, {' | '.join(clock.from_)} → {' | '.join(clock.until)}"
        if clock.group:
            text += self._say(f"，同组择一 {clock.group}", f", one of {clock.group}")
        if clock.within:
            text += self._say(f"，不晚于 {clock.within}", f", within {clock.within}")
        if clock.repeats:
            every = f" {clock.repeat_every}" if clock.repeat_every else ""
            text += self._say(f"，重复{every}", f", repeated{' every' + every if every else ''}")
            if clock.repeat_at_most:
                text += self._say(f"，至多 {clock.repeat_at_most} 次", f", {clock.repeat_at_most} times at most")
        if clock.extension is not None:
            who = ", ".join(clock.extension.approved_by)
            text += self._say(f"，可延至 {clock.extension.to}", f", extendable to {clock.extension.to}")
            text += f" ({who})" if who else ""
            if clock.extension.max:
                text += self._say(f"，至多 {clock.extension.max}", f", {clock.extension.max} at most")
        quiet = ", ".join(f"{one.from_}-{one.until}" for one in clock.quiet)
        text += self._say(f"，{quiet} 静默", f", quiet {quiet}") if quiet else ""
        if clock.catch_up != "all":
            late = {
                "latest": ("迟到的只说最近一步", "of late steps the latest only"),
                "skip": (f"迟到逾 {clock.skip_after} 的不说", f"no step later than {clock.skip_after}"),
            }[clock.catch_up]
            text += self._say(f"，{late[0]}", f", {late[1]}")
        steps = [f"{one.percent}%" if one.percent else f"-{one.before}" for one in clock.warnings]
        steps += [f"+{one.after}" for one in clock.after_breach]
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
            statement = known[id].statement if id in known else self._say("目录中没有", "not in the catalogue")
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
