"""Checks on awards: formulas over facts that are known and fit each other, ranges, who pays and gets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shared.procedures.check.finding import Finding, did_you_mean, error, warning
from shared.procedures.check.known_facts import check_table, known_facts, vault_facts
from shared.procedures.check.parts import Ids
from shared.procedures.formulas import (
    ByValue,
    FieldAmount,
    Formula,
    Max,
    Min,
    Percent,
    Share,
    Sum,
    Times,
    fields_of,
    is_too_deep,
    parts_of,
)
from shared.procedures.milestones import split
from shared.procedures.model import Award, FieldSpec, Procedure
from shared.procedures.model.base import DEFAULT_CURRENCY
from shared.procedures.offices import COMPLAINANT

PURE = "number"
"""The kind of what has no currency: numbers and whole-number fields."""


def check_awards(procedure: Procedure) -> Iterator[Finding]:
    """Findings on awards."""
    reader = _Reader(procedure)
    for award in procedure.awards:
        yield from reader.check(award, f"awards[{award.id}]")


class _Reader:
    def __init__(self, procedure: Procedure) -> None:
        self._known = known_facts(procedure)
        self._vault = vault_facts(procedure)
        self._money = _currencies(procedure)
        self._somebody = Ids(procedure).people | {COMPLAINANT}

    def check(self, award: Award, path: str) -> Iterator[Finding]:
        for key in ("payer", "payee"):
            name = getattr(award, key)
            if name not in self._somebody:
                zh, en = did_you_mean(name, self._somebody)
                yield error(
                    f"{path}.{key}",
                    f"没有这样的角色、部门、层级或投诉人:{name}{zh}",
                    f"no such role, department, level or complainant: {name}{en}",
                )
        if award.payer == award.payee:
            yield warning(f"{path}.payee", "付款方与收款方相同", "is who pays, too")
        if any(split(occurrence) == ("award-suggested", award.id) for occurrence in award.at):
            yield error(f"{path}.at", "建议自己会引出自己", "would suggest itself without end")
        for key, formula in _formulas(award):
            yield from self._formula(award, formula, f"{path}.{key}")
        if award.choose is not None:
            low, high = award.choose.from_, award.choose.to
            if isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
                yield error(f"{path}.choose", "下限高于上限", "from is more than to")

    def _formula(self, award: Award, formula: Formula, path: str) -> Iterator[Finding]:
        if is_too_deep(formula):
            yield error(path, "公式层次过深", "is nested too deeply")
            return
        yield from self._tables(formula, path)
        for name in sorted(fields_of(formula) - {table.by for table in _tables_in(formula)}):
            if name in self._vault:
                yield error(path, f"{name} 只存于保密库", f"{name} lives in the vault only")
            elif name not in self._known:
                zh, en = did_you_mean(name, self._known)
                yield error(path, f"没有这样的事实:{name}{zh}", f"there is no such fact: {name}{en}")
            elif self._known[name].kind not in ("money", "integer"):
                yield error(path, f"{name} 不是金额或整数", f"{name} is neither money nor a whole number")
        yield from _divisions(formula, path)
        kind = self._kind(formula)
        if kind is None:
            yield error(path, "币种或金额与数量不能混算", "mixes currencies, or multiplies money by money")
        elif kind != PURE and award.unit is not None:
            yield error(path, "结果是金额，unit 须为数量", "is money, but the award is so many of a unit")
        elif kind not in (PURE, award.currency or DEFAULT_CURRENCY):
            yield error(path, f"币种应为 {award.currency or DEFAULT_CURRENCY}", f"is in {kind}")

    def _tables(self, formula: Formula, path: str) -> Iterator[Finding]:
        for table in _tables_in(formula):
            place = f"{path}.by" if table is formula else path
            yield from check_table(place, table.by, table.values, table.else_ is not None, self._known)

    def _kind(self, formula: Formula) -> str | None:
        """What a formula gives: `number`, or a currency; None where it mixes what cannot be mixed."""
        match formula:
            case Decimal():
                return PURE
            case str():
                return self._money.get(formula, PURE)
            case FieldAmount(field=name):
                return self._money.get(name, PURE)
            case Min(min=several) | Max(max=several) | Sum(sum=several):
                return _same([self._kind(one) for one in several])
            case Times(times=times, of=of):
                kinds = (self._kind(times), self._kind(of))
                return None if None in kinds or PURE not in kinds else next((k for k in kinds if k != PURE), PURE)
            case Percent(of=of):
                return self._kind(of)
            case Share(share=(part, whole), of=of):
                return self._kind(of) if _same([self._kind(part), self._kind(whole)]) else None
            case ByValue():
                return _same([self._kind(one) for one in parts_of(formula)])
        raise TypeError(type(formula).__name__)


def _tables_in(formula: Formula) -> Iterator[ByValue]:
    if isinstance(formula, ByValue):
        yield formula
    for part in parts_of(formula):
        yield from _tables_in(part)


def _same(kinds: list[str | None]) -> str | None:
    """The one currency among these; a bare number beside money is an amount of it."""
    found = {kind for kind in kinds if kind != PURE}
    if None in found or len(found) > 1:
        return None
    return found.pop() if found else PURE


def _divisions(formula: Formula, path: str) -> Iterator[Finding]:
    if isinstance(formula, Share) and formula.share[1] == Decimal(0):
        yield error(path, "除数为零", "divides by zero")
    for part in parts_of(formula):
        yield from _divisions(part, path)


def _formulas(award: Award) -> Iterator[tuple[str, Formula]]:
    if award.amount is not None:
        yield "amount", award.amount
    if award.choose is not None:
        yield "choose.from", award.choose.from_
        if award.choose.to is not None:
            yield "choose.to", award.choose.to


def _currencies(procedure: Procedure) -> dict[str, str]:
    """The currency of every money field, by the name of its fact."""
    own = {spec.id: spec for spec in procedure.fields}
    reported = {f"{milestone.id}.{spec.id}": spec for milestone in procedure.milestones for spec in milestone.fields}
    specs: dict[str, FieldSpec] = own | reported
    return {name: spec.currency or DEFAULT_CURRENCY for name, spec in specs.items() if spec.type == "money"}
