"""What is written for people: notices' texts, empty labels, numbers that would repeat, sources."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.procedures.catalogue import facts, written_procedures
from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.parts import parts
from shared.procedures.fields import Unreadable, read_value
from shared.procedures.milestones import DEADLINE, split
from shared.procedures.model import (
    PLACEHOLDERS,
    SUBJECT_PLACEHOLDERS,
    DocumentNumber,
    Element,
    FieldSpec,
    Notice,
    NoticeText,
    NumberScheme,
    Procedure,
    Text,
)
from shared.procedures.nearest import nearest_word

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NUMBER = "number."
_DOCUMENT = re.compile(r"documents\.[a-z0-9]+(-[a-z0-9]+)*")
_OWN_FACT = re.compile(r"\.[0-9]{2,3}")
_PARTS_OF_A_DATE = {"year": ("year",), "month": ("year", "month"), "day": ("year", "month", "day")}


def check_wording(procedure: Procedure) -> Iterator[Finding]:
    """Findings on texts, numbers, default values and sources."""
    named = frozenset(f"{_NUMBER}{one.id}" for one in procedure.documents if one.number is not None)
    named |= {f"due.{one.id}" for one in procedure.clocks}
    for path, part in parts(procedure):
        match part:
            case Notice():
                yield from _due(path, part, procedure)
            case NoticeText():
                yield from _notice(path, part, named)
            case Text():
                if not part.zh.strip() or not part.en.strip():
                    yield error(path, "缺少一种语言", "one of the languages is empty")
            case NumberScheme():
                yield from _numbers(path, part)
            case DocumentNumber() if part.scheme is not None:
                yield from _numbers(path, part.scheme)
            case FieldSpec():
                yield from _default(path, part)
                yield from _must_be(path, part)
        if isinstance(part, Element):
            yield from _sources(path, part, procedure)


def _notice(path: str, text: NoticeText, named: frozenset[str]) -> Iterator[Finding]:
    for key in ("subject", "body"):
        written: str = getattr(text, key)
        if not written.strip():
            yield error(f"{path}.{key}", "内容为空", "is empty")
        for name in _PLACEHOLDER.findall(written):
            if name.startswith(_NUMBER) and name not in named:
                zh, en = did_you_mean(name, named)
                yield error(
                    f"{path}.{key}",
                    f"没有编号的文书:{name.removeprefix(_NUMBER)}{zh}",
                    f"no document with a number: {name.removeprefix(_NUMBER)}{en}",
                )
            elif name not in PLACEHOLDERS and name not in named and not _DOCUMENT.fullmatch(name):
                others, near = "documents.<name>, number.<document>, due.<clock>", nearest_word(name, PLACEHOLDERS)
                yield error(
                    f"{path}.{key}",
                    f"没有这个占位名；{f'是否为 {near}？' if near else ''}可用:{'、'.join(PLACEHOLDERS)}、{others}",
                    f"no such name in double braces; {f'did you mean {near}? ' if near else ''}there are: "
                    f"{', '.join(PLACEHOLDERS)}, {others}",
                )
            elif key == "subject" and name not in SUBJECT_PLACEHOLDERS:
                yield error(
                    f"{path}.{key}",
                    f"标题会被旁人看到，不能含 {name}",
                    f"a subject is seen by others: {name} may stand in the body only",
                )


def _due(path: str, notice: Notice, procedure: Procedure) -> Iterator[Finding]:
    texts = (notice.text.zh, notice.text.en)
    if all("due" not in _PLACEHOLDER.findall(written) for text in texts for written in (text.subject, text.body)):
        return
    starting = {one for clock in procedure.clocks for one in (*clock.from_, *clock.restart_on)}
    for occurrence in notice.at:
        name, _ = split(occurrence)
        of_a_clock = name in DEADLINE or name.startswith("extension-")
        if not of_a_clock and occurrence not in starting:
            yield warning(
                f"{path}.at",
                f"{occurrence} 不启动任何时限，{{{{due}}}} 可能为空",
                f"{occurrence} starts no clock, so {{{{due}}}} may stay empty",
            )


def _numbers(path: str, scheme: NumberScheme) -> Iterator[Finding]:
    if scheme.restart == "never":
        return
    for word in _PARTS_OF_A_DATE[scheme.restart]:
        if "{" + word not in scheme.pattern:
            yield error(
                f"{path}.pattern",
                f"重新起号（{scheme.restart}）后会重号：须含 {{{word}}}",
                f"numbers would repeat when they restart each {scheme.restart}: put {{{word}}} into the pattern",
            )


def _default(path: str, spec: FieldSpec) -> Iterator[Finding]:
    if spec.default is None:
        return
    fits = {
        "choice": spec.default in {one.id for one in spec.choices},
        "boolean": isinstance(spec.default, bool),
        "integer": isinstance(spec.default, int) and not isinstance(spec.default, bool),
        "money": isinstance(spec.default, str) and _is_value(spec, spec.default),
    }.get(spec.type, isinstance(spec.default, str))
    if not fits:
        yield error(f"{path}.default", "默认值与字段类型不符", "does not fit the type of the field")
    elif spec.accepted and spec.default not in spec.accepted:
        yield error(f"{path}.default", "默认值不在 must_be 之内", "is not what the field must be")
    if spec.holds != "coded":
        yield error(f"{path}.default", "保密字段没有默认值", "a field of the vault has no default")


def _must_be(path: str, spec: FieldSpec) -> Iterator[Finding]:
    for value in spec.accepted:
        if not _is_value(spec, value):
            yield error(f"{path}.must_be", "该字段不会有这个值", "the field never has this value")


def _is_value(spec: FieldSpec, value: object) -> bool:
    """Whether this is a value of the field, written as it is kept."""
    try:
        kept = read_value(spec, value, {choice.id: choice.id for choice in spec.choices})
    except Unreadable:
        return False
    return type(kept) is type(value) and kept == value


def _sources(path: str, part: Element, procedure: Procedure) -> Iterator[Finding]:
    known = facts()
    place = f"{path}.source" if path else "source"
    own = procedure.id not in written_procedures()  # its written rules are in no catalogue: the file numbers them
    for id in part.source:
        if own and _OWN_FACT.fullmatch(id.removeprefix(procedure.id)):
            continue
        if id not in known:
            zh, en = did_you_mean(id, (one for one in known if one.startswith(f"{procedure.id}.")))
            yield error(place, f"事实目录中没有:{id}{zh}", f"no such fact in the catalogue: {id}{en}")
        elif known[id].procedure != procedure.id and procedure.id in written_procedures():
            yield warning(place, f"属于另一程序:{id}", f"is a fact of another procedure: {id}")
