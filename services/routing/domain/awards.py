"""Awards: suggested when their occurrence comes, computed anew while they are open, and decided by a person only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from services.routing.domain.assignment import Change
from services.routing.domain.award import CaseAward
from services.routing.domain.case import Case
from services.routing.domain.report import Report
from shared.errors import Conflict, InvalidInput
from shared.events.assignments import AwardSuggested
from shared.events.base import EventData
from shared.procedures.conditions import holds
from shared.procedures.fields import Scalar
from shared.procedures.formulas import LARGEST, Formula, Undecided, evaluate, fields_of, text_of
from shared.procedures.model import Award, Procedure
from shared.procedures.model.base import DEFAULT_CURRENCY

MOST_OPEN = 50
"""Open awards of a case; a rule that would suggest more is in a loop with itself."""


def suggest(case: Case, procedure: Procedure, names: tuple[str, ...], at: datetime) -> Change:
    """Suggest every award whose `at` is one of these occurrences; `when` is judged now, once."""
    emitted: tuple[EventData, ...] = ()
    for award in procedure.awards:
        cause = next((name for name in names if name in award.at), None)
        if cause is None or holds(award.when, case.conditions()) is not True:
            continue
        if sum(one.status == "suggested" for one in case.awards) >= MOST_OPEN:
            break
        new = _computed(CaseAward(award.id, case.cycle, at, cause, None), award, case.conditions())
        case = replace(case, awards=(*case.awards, new))
        emitted += (_suggestion(new, award),)
    return Change(case, emitted)


def compute_again(case: Case, procedure: Procedure) -> Change:
    """Compute open awards by the facts as they are now; what changes is suggested anew."""
    specs = {award.id: award for award in procedure.awards}
    emitted: tuple[EventData, ...] = ()
    kept: list[CaseAward] = []
    for award in case.awards:
        spec = specs.get(award.award)
        if spec is not None and award.status == "suggested":
            again = _computed(award, spec, case.conditions())
            if _outcome(again) != _outcome(award):
                emitted += (_suggestion(again, spec),)
                award = again
        kept.append(award)
    return Change(replace(case, awards=tuple(kept)) if emitted else case, emitted)


def is_award_decision(report: Report) -> bool:
    """Whether the report approves or refuses an award."""
    return report.milestone in ("award-approved", "award-refused")


def check_award(case: Case, procedure: Procedure, report: Report, fields: Mapping[str, Scalar]) -> Award:
    """The award that a report decides on. Raises `InvalidInput` or `Conflict` naming the field that is wrong."""
    spec = next((award for award in procedure.awards if award.id == report.award), None)
    if spec is None:
        known = ", ".join(award.id for award in procedure.awards)
        hint = f"one of: {known}" if known else "this procedure has none"
        raise InvalidInput("this procedure has no such award", field="award", hint=hint)
    if report.by not in spec.approved_by:
        raise InvalidInput("may not decide on this", field="by", hint=f"one of: {', '.join(spec.approved_by)}")
    open_ = _oldest_open(case, spec.id)
    if open_ is None:
        raise Conflict("nothing of this award is open", field="award")
    if report.at < open_.suggested_at:
        raise InvalidInput("this lies before the award was suggested", field="at")
    if report.milestone == "award-approved":
        _amount(open_, spec, fields)
    return spec


def decide_award(case: Case, award: str, report: Report, fields: Mapping[str, Scalar]) -> Case:
    """The case with its oldest open award of this id decided; `check_award` has been asked."""
    open_ = _oldest_open(case, award)
    if open_ is None:
        return case
    approved = report.milestone == "award-approved"
    amount = fields.get("amount", open_.amount)
    decided = replace(
        open_,
        status="approved" if approved else "refused",
        decided_by=report.by,
        decided_at=report.at,
        approved=str(amount) if approved else None,
    )
    return replace(case, awards=tuple(decided if one is open_ else one for one in case.awards))


def _oldest_open(case: Case, award: str) -> CaseAward | None:
    return next((one for one in case.awards if one.award == award and one.status == "suggested"), None)


def _amount(open_: CaseAward, spec: Award, fields: Mapping[str, Scalar]) -> None:
    """Check the amount that is approved: the suggested one, or one of the range."""
    if open_.problem is not None:
        raise Conflict("the amount cannot be computed yet", field="award", hint=open_.problem)
    given = fields.get("amount")
    if given is None:
        if open_.amount is None:
            raise InvalidInput("an amount has to be chosen", field="fields.amount", hint=_range(open_))
        return
    chosen = Decimal(str(given))
    if spec.choose is None:
        if open_.amount is not None and chosen != Decimal(open_.amount):
            raise InvalidInput("the rule leaves no choice of the amount", field="fields.amount")
    elif not Decimal(open_.at_least or 0) <= chosen <= Decimal(open_.at_most or LARGEST):
        raise InvalidInput("outside the range that the rule leaves", field="fields.amount", hint=_range(open_))


def _range(open_: CaseAward) -> str:
    return f"from {open_.at_least} to {open_.at_most}" if open_.at_most else f"at least {open_.at_least}"


def _computed(award: CaseAward, spec: Award, facts: Mapping[str, Any]) -> CaseAward:
    """The award with its amounts, or with the problem for which it has none."""
    found = {
        name: evaluate(formula, facts)
        for name, formula in (("amount", spec.amount), ("at_least", _low(spec)), ("at_most", _high(spec)))
        if formula is not None
    }
    problem = next((_problem(one) for one in found.values() if isinstance(one, Undecided)), None)
    low, high = found.get("at_least"), found.get("at_most")
    if problem is None and isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
        problem = "empty-range"
    amounts = {name: str(one) for name, one in found.items() if problem is None}
    names = sorted(frozenset[str]().union(*(fields_of(one) for one in _formulas(spec))))
    inputs = {name: facts[name] for name in names if facts.get(name) is not None}
    return replace(
        award,
        amount=amounts.get("amount"),
        at_least=amounts.get("at_least"),
        at_most=amounts.get("at_most"),
        problem=problem,
        inputs=inputs,
    )


def _low(spec: Award) -> Formula | None:
    return spec.choose.from_ if spec.choose else None


def _high(spec: Award) -> Formula | None:
    return spec.choose.to if spec.choose else None


def _formulas(spec: Award) -> list[Formula]:
    return [one for one in (spec.amount, _low(spec), _high(spec)) if one is not None]


def _problem(undecided: Undecided) -> str:
    return f"{undecided.reason}: {', '.join(undecided.fields)}" if undecided.fields else undecided.reason


def _outcome(award: CaseAward) -> tuple[str | None, ...]:
    return (award.amount, award.at_least, award.at_most, award.problem)


def formula_text(spec: Award) -> str:
    """The award's rule as one line: its formula, and the range that may be chosen from."""
    parts = [text_of(spec.amount)] if spec.amount is not None else []
    if spec.choose is not None:
        most = text_of(spec.choose.to) if spec.choose.to is not None else ""
        parts.append(f"{text_of(spec.choose.from_)} … {most}".rstrip())
    return "; ".join(parts)


def _suggestion(award: CaseAward, spec: Award) -> AwardSuggested:
    return AwardSuggested(
        award=spec.id,
        kind=spec.kind,
        cause=award.cause,
        amount=award.amount,
        at_least=award.at_least,
        at_most=award.at_most,
        problem=award.problem,
        currency=None if spec.unit else spec.currency or DEFAULT_CURRENCY,
        unit=spec.unit,
        payer=spec.payer,
        payee=spec.payee,
        formula=formula_text(spec),
        inputs=dict(award.inputs or {}),
    )
