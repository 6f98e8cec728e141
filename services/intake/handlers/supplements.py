"""What officers ask of complainants: asked, fulfilled by what comes, and refused when its time is over."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import admission, supplements
from services.intake.domain.case import Case
from services.intake.domain.forms import Form
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import emit, hold
from services.intake.handlers.settling import reloaded, settle
from services.intake.store import cases, timeline
from shared.business_time.clock import Clock
from shared.events.complaints import ComplaintSupplemented
from shared.messaging.outbox import Outbox
from shared.security.acting import Principal


class SupplementHandlers:
    """Officers' requests in one database."""

    def __init__(self, outbox: Outbox, clock: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._clock = clock
        self._forms = forms

    async def ask(
        self,
        case_id: UUID,
        supplement: str,
        by: str,
        fields: Sequence[str],
        documents: Sequence[str],
        caller: Principal,
    ) -> Case:
        """An officer asks for more; what is asked for already changes nothing.

        Raises as `domain.supplements.request`, `Conflict` for a case that has ended, `Forbidden` for an office that
        the caller may not act as.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case = await hold(tx, case_id)
            form = self._forms.pinned(case.pin)
            caller.require_office(case.procedure, by)
            admission.require_open(case.status)
            asked = supplements.request(form, supplement, by, case.handlers, fields, documents)
            entries = await timeline.timeline_of(tx, case_id)
            present = supplements.open_requests(entries)
            same = supplements.OpenRequest(supplement, asked.missing, asked.documents)
            if same not in present:
                missing = supplements.still_missing(form, case.missing, [*present, same])
                await cases.save_supplement(tx, case_id, case.attributes, missing)
                times = sum(entry.occurrence == "supplement-requested" for entry in entries)
                await emit(tx, case, form, [asked], f"supplement-request|{supplement}|{times}", now)
            return await reloaded(tx, case_id)


async def fulfil(tx: AsyncConnection, case: Case, form: Form, cause: str, now: datetime) -> None:
    """Emit that requests are fulfilled to which nothing lacks any more; after a document came into the case."""
    if not form.procedure.supplements:
        return
    requests = supplements.open_requests(await timeline.timeline_of(tx, case.id))
    complete = tuple(one.supplement for one in requests if one.complete)
    if complete:
        missing = tuple(case.missing)
        supplemented = ComplaintSupplemented(attributes=case.attributes, missing=missing, fulfilled=complete)
        await emit(tx, case, form, [supplemented], f"fulfilled|{cause}", now)


async def refuse_lapsed(
    tx: AsyncConnection, case: Case, form: Form, breached: Iterable[tuple[str, int]], now: datetime
) -> None:
    """Refuse a complaint to which a supplement did not come in time; `breached`: clocks with their cycles.

    A case that has ended stays as it is, and so does one whose request was fulfilled meanwhile.
    """
    clocks: Collection[tuple[str, int]] = [one for one in breached if one[0].startswith("supplement-")]
    if not clocks or not admission.is_live(case.status):
        return
    requests = supplements.open_requests(await timeline.timeline_of(tx, case.id))
    for clock, cycle in clocks:
        lapsed = supplements.lapse(form.procedure, clock, requests)
        if lapsed is not None:
            await settle(tx, case, form, lapsed[1], now, cause=f"lapsed|{clock}|{cycle}")
            return
