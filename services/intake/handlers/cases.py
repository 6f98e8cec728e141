"""What is done with a registered complaint: decided on, supplemented, withdrawn.

Each is one transaction that holds the case's row: read, decide, write, emit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import admission, supplements
from services.intake.domain.case import Case
from services.intake.domain.decisions import officers_verdict, particulars
from services.intake.domain.duplicate_keys import COMPLAINANT_FIELDS, complainant
from services.intake.domain.field_errors import FieldError
from services.intake.domain.forms import Form
from services.intake.domain.parties import given_names
from services.intake.domain.recusal import recused_offices, recusing_fields
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import emit, history_of, hold
from services.intake.handlers.settling import reloaded, settle
from services.intake.store import cases, complainants, recusal, timeline
from services.intake.store import vault as store_vault
from shared.business_time.clock import Clock
from shared.events.complaints import ComplaintSupplemented, ComplaintWithdrawn
from shared.messaging.outbox import Outbox
from shared.procedures.offices import COMPLAINANT
from shared.security.acting import Principal
from shared.security.vault import Vault

OfficersDecision = Literal["admit", "refuse", "transfer-out"]


@dataclass(frozen=True, slots=True)
class Decided:
    """An officer's decision as it was sent: `rule` is the reason, `to` who gets it, `fields` what is given with it."""

    decision: OfficersDecision
    by: str
    rule: str | None = None
    to: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


class CaseHandlers:
    """Work on the cases of one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, forms: FormBook) -> None:
        self._vault = vault
        self._clock = clock
        self._forms = forms
        self._outbox = outbox

    async def decide(self, case_id: UUID, given: Decided, caller: Principal) -> Case:
        """Record an officer's decision on a complaint, held or in handling.

        Raises as `decisions.officers_verdict` and `decisions.particulars`, and `Forbidden` for an office that the
        caller may not act as.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, form = await self._hold(tx, case_id)
            caller.require_office(case.procedure, given.by)
            known = await history_of(tx, case)
            verdict = officers_verdict(form, case.status, given.decision, given.by, given.rule, known.facts)
            fields = particulars(form.procedure, verdict.status, given.by, given.fields, known, case.handlers)
            if given.to is not None:
                admission.require_office(form, given.to, field="to")
            await settle(
                tx,
                case,
                form,
                verdict,
                now,
                cause=f"admission:{given.decision}",
                by=given.by,
                to=given.to,
                fields=fields,
            )
            case = await reloaded(tx, case_id)
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
            came = tuple(sorted(given_names(form.procedure, (*read.vault, *read.coded))))
            key = await store_vault.key_of(tx, self._vault, case_id)
            sealed = [(case_id, name, key.seal(store_vault.FIELDS, name, text)) for name, text in read.vault.items()]
            for party in [one.id for one in form.procedure.parties if one.id in came]:
                await store_vault.drop_party(tx, case_id, party)
            await store_vault.put_fields(tx, sealed)
            if not read.vault.keys().isdisjoint(COMPLAINANT_FIELDS):
                known = await store_vault.fields_of(tx, key)
                await complainants.save(tx, case_id, complainant(form, known, self._vault.index))
            attributes = {**case.attributes, **read.coded}
            about = None
            if not recusing_fields(form.procedure).isdisjoint(came):
                about = recused_offices(form.procedure, {**await store_vault.fields_of(tx, key), **attributes})
                await recusal.save(tx, case_id, about)
            given = attributes.keys() | await store_vault.field_names(tx, case_id)
            requests = supplements.after(supplements.open_requests(await timeline.timeline_of(tx, case_id)), came)
            missing = form.missing(given, {**attributes, "channel": case.channel})
            missing = supplements.still_missing(form, missing, requests)
            await cases.save_supplement(tx, case_id, attributes, missing)
            supplemented = ComplaintSupplemented(
                attributes=attributes,
                missing=missing,
                given=came,
                fulfilled=tuple(one.supplement for one in requests if one.complete),
                recused=about,
            )
            await emit(tx, case, form, [supplemented], cause, now)
            if case.status == "held":
                verdict = admission.admission(form, attributes, case.channel, missing)
                await settle(tx, case, form, verdict, now, cause=cause)
            case = await reloaded(tx, case_id)
        return case

    async def withdraw(self, case_id: UUID, by: str, fields: Mapping[str, Any], caller: Principal) -> Case:
        """The complaint is taken back by `complainant`, or for the complainant by a role of the procedure.

        Raises as `decisions.particulars`.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, form = await self._hold(tx, case_id)
            _require_author(case, form, by, caller)
            admission.require_open(case.status)
            known = await history_of(tx, case)
            given = particulars(form.procedure, "withdrawn", by, fields, known, case.handlers)
            await emit(tx, case, form, [ComplaintWithdrawn(by=by, fields=given)], "withdrawal", now)
            case = await reloaded(tx, case_id)
        return case

    async def _hold(self, tx: AsyncConnection, case_id: UUID) -> tuple[Case, Form]:
        case = await hold(tx, case_id)
        return case, self._forms.pinned(case.pin)


def _require_author(case: Case, form: Form, by: str, caller: Principal) -> None:
    """Raise unless `by` is the complainant or an office of the procedure, and the caller may act as that."""
    caller.require_office(case.procedure, by)
    if by != COMPLAINANT:
        admission.require_office(form, by, field="by")
