"""Carrying out a verdict on a complaint: what is kept of it and what is emitted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import admission
from services.intake.domain.case import Case
from services.intake.domain.forms import Form
from services.intake.handlers.emitting import emit
from services.intake.store import cases
from shared.errors import NotFound
from shared.observability import metrics
from shared.procedures.fields import Scalar


async def settle(
    tx: AsyncConnection,
    case: Case,
    form: Form,
    verdict: admission.Verdict,
    now: datetime,
    *,
    cause: str,
    by: str | None = None,
    to: str | None = None,
    fields: Mapping[str, Scalar] | None = None,
) -> None:
    """Write and emit a verdict on a case whose row is locked; a hold is none. `by`: the office that decided."""
    if verdict.decision == "hold":
        return
    await cases.save_decision(tx, case.id, verdict.rule.id if verdict.rule else None, by)
    await emit(tx, case, form, admission.verdict_events(verdict, by, to=to, fields=fields), cause, now)
    metrics.ADMISSIONS.labels(procedure=case.procedure, decision=verdict.status).inc()


async def reloaded(tx: AsyncConnection, case_id: UUID) -> Case:
    """A case as it is now; raises `NotFound`."""
    case = await cases.find_case(tx, case_id)
    if case is None:
        raise NotFound("no such case")
    return case
