"""What is done with a registered complaint: decided on, supplemented, withdrawn.

Each is one transaction that holds the case's row: read, decide, write, emit.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import admission
from services.intake.domain.case import Case
from services.intake.domain.forms import FieldError, Form
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import emit, hold
from services.intake.store import cases
from services.intake.store import vault as store_vault
from shared.business_time.clock import Clock
from shared.errors import NotFound
from shared.events.complaints import ComplaintSupplemented, ComplaintWithdrawn
from shared.messaging.outbox import Outbox
from shared.observability import metrics
from shared.procedures.offices import COMPLAINANT
from shared.security.acting import Principal
from shared.security.vault import Vault

OfficersDecision = Literal["admit", "refuse", "transfer-out"]


class CaseHandlers:
    """Work on the cases of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, forms: FormBook) -> None:
        self._vault = vault
        self._clock = clock
        self._forms = forms
        self._outbox = outbox

    async def decide(
        self, case_id: UUID, decision: OfficersDecision, by: str, rule: str | None, to: str | None, caller: Principal
    ) -> Case:
        """Record an officer's decision on a held complaint.

        Raises as `domain.officers_verdict`, and `Forbidden` for an office that the caller may not act as.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, form = await self._hold(tx, case_id)
            caller.require_office(case.procedure, by)
            verdict = admission.officers_verdict(form, case.status, decision, by, rule)
            if to is not None:
                admission.require_office(form, to, field="to")
            await self._settle(tx, case, form, verdict, now, cause=f"admission:{decision}", by=by, to=to)
            case = await _reloaded(tx, case_id)
        return case

    async def supplement(
        self, case_id: UUID, fields: Mapping[str, Any], by: str, cause: str, caller: Principal
    ) -> Case | list[FieldError]:
        """Add or replace fields; a held complaint is judged anew by the procedure's rules.

        `by` is `complainant` or an office. `cause` identifies the supplement: the same one again emits nothing new.
        Returns the mistakes, if any; raises `Forbidden` for an office that the caller may not act as.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, form = await self._hold(tx, case_id)
            _require_author(case, form, by, caller)
            admission.require_open(case.status)
            read = form.read(fields)
            if read.errors:
                return list(read.errors)
            key = await store_vault.key_of(tx, self._vault, case_id)
            sealed = [(case_id, name, key.seal(store_vault.FIELDS, name, text)) for name, text in read.vault.items()]
            await store_vault.put_fields(tx, sealed)
            attributes = {**case.attributes, **read.coded}
            given = attributes.keys() | await store_vault.field_names(tx, case_id)
            missing = form.missing(given, {**attributes, "channel": case.channel})
            await cases.save_supplement(tx, case_id, attributes, missing)
            supplemented = ComplaintSupplemented(attributes=attributes, missing=missing)
            await emit(tx, case, form, [supplemented], cause, now)
            if case.status == "held":
                verdict = admission.admission(form, attributes, case.channel, missing)
                await self._settle(tx, case, form, verdict, now, cause=cause, by=None, to=None)
            case = await _reloaded(tx, case_id)
        return case

    async def withdraw(self, case_id: UUID, by: str, caller: Principal) -> Case:
        """The complaint is taken back by `complainant`, or for the complainant by a role of the procedure."""
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, form = await self._hold(tx, case_id)
            _require_author(case, form, by, caller)
            admission.require_open(case.status)
            await emit(tx, case, form, [ComplaintWithdrawn(by=by)], "withdrawal", now)
            case = await _reloaded(tx, case_id)
        return case

    async def _hold(self, tx: AsyncConnection, case_id: UUID) -> tuple[Case, Form]:
        case = await hold(tx, case_id)
        return case, self._forms.pinned(case.pin)

    async def _settle(
        self,
        tx: AsyncConnection,
        case: Case,
        form: Form,
        verdict: admission.Verdict,
        now: datetime,
        *,
        cause: str,
        by: str | None,
        to: str | None,
    ) -> None:
        if verdict.decision == "hold":
            return
        rule = verdict.rule.id if verdict.rule else None
        await cases.save_decision(tx, case.id, rule, by)
        await emit(tx, case, form, admission.verdict_events(verdict, by, to=to), cause, now)
        metrics.ADMISSIONS.labels(procedure=case.procedure, decision=verdict.status).inc()


def _require_author(case: Case, form: Form, by: str, caller: Principal) -> None:
    """Raise unless `by` is the complainant or an office of the procedure, and the caller may act as that."""
    caller.require_office(case.procedure, by)
    if by != COMPLAINANT:
        admission.require_office(form, by, field="by")


async def _reloaded(tx: AsyncConnection, case_id: UUID) -> Case:
    case = await cases.find_case(tx, case_id)
    if case is None:
        raise NotFound("no such case")
    return case
