"""The awards of a case as they are answered over HTTP."""

from __future__ import annotations

from typing import Any

from services.routing.domain.award import CaseAward
from services.routing.domain.awards import formula_text
from services.routing.domain.case import Case
from shared.procedures.model import Award, Procedure
from shared.procedures.model.base import DEFAULT_CURRENCY


def awards_view(case: Case, procedure: Procedure) -> list[dict[str, Any]]:
    """Every award of the case with the rule that it comes from; one whose rule is gone has none."""
    specs = {award.id: award for award in procedure.awards}
    return [{**_award(one), **_rule(specs.get(one.award))} for one in case.awards]


def _award(award: CaseAward) -> dict[str, Any]:
    return {
        "award": award.award,
        "status": award.status,
        "cycle": award.cycle,
        "suggested_at": award.suggested_at,
        "cause": award.cause,
        "amount": award.amount,
        "at_least": award.at_least,
        "at_most": award.at_most,
        "problem": award.problem,
        "inputs": dict(award.inputs or {}),
        "approved": award.approved,
        "decided_by": award.decided_by,
        "decided_at": award.decided_at,
    }


def _rule(spec: Award | None) -> dict[str, Any]:
    if spec is None:
        return {}
    return {
        "name": spec.name.model_dump(),
        "kind": spec.kind,
        "currency": None if spec.unit else spec.currency or DEFAULT_CURRENCY,
        "unit": spec.unit,
        "payer": spec.payer,
        "payee": spec.payee,
        "formula": formula_text(spec),
        "approved_by": list(spec.approved_by),
    }
