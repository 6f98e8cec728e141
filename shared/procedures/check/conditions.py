"""Checks on conditions: each reads a known fact, no earlier than it is known, and compares it with possible values."""

from __future__ import annotations

from collections.abc import Iterator

from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.known_facts import Holder, KnownFact, check_table, known_facts, own_facts, vault_facts
from shared.procedures.check.occurrences import can_happen, is_known, possible, unknown
from shared.procedures.check.parts import Ids, parts
from shared.procedures.conditions import ORDERED, All, Always, Any_, Compare, Condition, Not, Reached
from shared.procedures.model import AdmissionRule, Clock, DurationTable, FieldSpec, Milestone, Party, Procedure

_ALLOWED = {
    "choice": ("is", "is_not", "in", "not_in", "known"),
    "boolean": ("is", "is_not", "known"),
    "integer": ("is", "is_not", "in", "not_in", *ORDERED, "known"),
    "money": (*ORDERED, "known"),
    "person": ("known",),
    "moment": ("known", "older_than"),
    "text": ("known",),
    "list": ("contains", "known"),
}


def check_conditions(procedure: Procedure) -> Iterator[Finding]:
    """Findings on every `when` and `while` of the procedure, and on the facts that durations go by."""
    reader = _Reader(procedure)
    given_with = {id(field): holder for holder in _holders(procedure) for field in holder.fields}
    for path, part in parts(procedure):
        at_intake = (isinstance(part, AdmissionRule) and not part.officer) or (
            isinstance(part, FieldSpec | Party) and path.startswith(("fields", "parties"))
        )
        of_part = _Reader(procedure, given_with[id(part)]) if id(part) in given_with else reader
        for word, key in (("when", "when"), ("while", "while_")):
            condition = getattr(part, key, None)
            if condition is not None:
                yield from of_part.check(condition, f"{path}.{word}", at_intake)
        if isinstance(part, Clock) and isinstance(part.duration, DurationTable):
            yield from reader.table(part.duration, f"{path}.duration")
        if isinstance(part, Milestone) and part.must:
            of_report = _Reader(procedure, part)
            for index, condition in enumerate(part.must):
                yield from of_report.check(condition, f"{path}.must[{index}]", at_intake=False)


def _holders(procedure: Procedure) -> tuple[Holder, ...]:
    return (*procedure.milestones, *procedure.documents, *procedure.follow_ups)


class _Reader:
    """Reads conditions of a procedure, or of what has fields of its own: a report, a document, an answer."""

    def __init__(self, procedure: Procedure, report: Holder | None = None) -> None:
        self._procedure = procedure
        self._ids = Ids(procedure)
        self._possible = possible(procedure)
        self._known = known_facts(procedure) | (own_facts(report) if report else {})
        self._vault = vault_facts(procedure)
        if report is not None:
            own = {one.id for one in report.fields}
            self._vault = self._vault - own | {one.id for one in report.fields if one.holds != "coded"}

    def check(self, condition: Condition, path: str, at_intake: bool) -> Iterator[Finding]:
        match condition:
            case All(all=several) | Any_(any=several):
                word = "all" if isinstance(condition, All) else "any"
                for index, part in enumerate(several):
                    yield from self.check(part, f"{path}.{word}[{index}]", at_intake)
            case Not(not_=part):
                yield from self.check(part, f"{path}.not", at_intake)
            case Reached(reached=occurrence):
                yield from self._reached(occurrence, path, at_intake)
            case Compare():
                yield from self._compare(condition, path, at_intake)
            case Always():
                pass

    def table(self, table: DurationTable, path: str) -> Iterator[Finding]:
        """A table of durations goes by a known fact with declared values, and none of these is left out."""
        yield from check_table(f"{path}.by", table.by, table.values, table.else_ is not None, self._known)

    def _reached(self, occurrence: str, path: str, at_intake: bool) -> Iterator[Finding]:
        if not is_known(occurrence, self._procedure, self._ids):
            yield unknown(f"{path}.reached", occurrence, self._possible)
        elif not can_happen(occurrence, self._possible):
            yield warning(
                f"{path}.reached",
                f"按本程序不会发生:{occurrence}",
                f"never happens in this procedure: {occurrence}",
            )
        elif at_intake:
            yield _not_yet_known(path, occurrence)

    def _compare(self, condition: Compare, path: str, at_intake: bool) -> Iterator[Finding]:
        name, operator = condition.field, condition.operator
        if name in self._vault:
            yield error(
                path,
                f"{name} 只存于保密库，条件不可读取",
                f"{name} lives in the vault only: no condition may read it",
            )
            return
        fact = self._known.get(name)
        if fact is None:
            zh, en = did_you_mean(name, self._known)
            yield error(path, f"没有这样的事实:{name}{zh}", f"there is no such fact: {name}{en}")
            return
        if at_intake and not fact.at_registration:
            yield _not_yet_known(path, name)
        if operator not in _ALLOWED[fact.kind]:
            allowed = ", ".join(_ALLOWED[fact.kind])
            yield error(
                path,
                f"{name} 不能用 {operator} 比较，可用:{allowed}",
                f"{name} is not compared by {operator} but by: {allowed}",
            )
            return
        yield from _operands(condition, fact, path)


def _operands(condition: Compare, fact: KnownFact, path: str) -> Iterator[Finding]:
    operator, operand = condition.operator, condition.operand
    if operator in ("known", "older_than", *ORDERED):
        return
    for value in operand if isinstance(operand, tuple) else (operand,):
        if fact.kind in ("choice", "list") and value not in fact.values:
            zh, en = did_you_mean(str(value), fact.values)
            yield error(
                path,
                f"{condition.field} 没有这个取值:{value}{zh}",
                f"{condition.field} never has this value: {value}{en}",
            )
        if fact.kind == "boolean" and not isinstance(value, bool):
            yield error(path, f"{condition.field} 只能为 true 或 false", f"{condition.field} is true or false")
        if fact.kind == "integer" and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield error(path, f"{condition.field} 是数字", f"{condition.field} is a number")


def _not_yet_known(path: str, name: str) -> Finding:
    return error(
        path,
        f"受理时还不知道:{name}",
        f"not yet known when the complaint comes in: {name}",
    )
