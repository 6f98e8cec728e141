"""Officers say that two cases are one matter, and take it back: each case says so in its own timeline."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain import same_matter
from services.intake.domain.case import Case
from services.intake.form_book import FormBook
from services.intake.handlers.emitting import emit
from services.intake.store import cases, recusal, timeline
from services.intake.store import same_matter as store
from services.intake.store.same_matter import Link
from shared.business_time.clock import Clock
from shared.errors import NotFound
from shared.events.complaints import SameMatterLinked, SameMatterUndone
from shared.messaging.outbox import Outbox
from shared.security.acting import Principal, is_hidden


class SameMatterHandlers:
    """Links between the cases of one database."""

    def __init__(self, outbox: Outbox, clock: Clock, forms: FormBook) -> None:
        self._outbox = outbox
        self._clock = clock
        self._forms = forms

    async def link(self, case_id: UUID, other_id: UUID, by: str, caller: Principal) -> list[Link]:
        """Say that two cases are one matter; the same again changes nothing. Returns the links of the first.

        Raises `NotFound`, `Forbidden` for an office that the caller may not act as, and as `same_matter.check_link`.
        """
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, other = await self._hold_both(tx, case_id, other_id, caller)
            caller.require_office(case.procedure, by)
            form = self._forms.pinned(case.pin)
            same_matter.check_link(form, case, other, by)
            known = await store.links_of(tx, case_id, caller.acts_as)
            if all(one.other_id != other_id for one in known):
                await store.put(tx, case_id, Link(other_id, by, now))
                for one, its_other in ((case, other), (other, case)):
                    cause = await self._cause(tx, "linked", one, its_other)
                    linked = SameMatterLinked(case=its_other.id, by=by)
                    await emit(tx, one, self._forms.pinned(one.pin), [linked], cause, now)
            return await store.links_of(tx, case_id, caller.acts_as)

    async def undo(self, case_id: UUID, other_id: UUID, by: str, caller: Principal) -> list[Link]:
        """Take that back; where there is no link nothing changes. Raises as `link`."""
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            case, other = await self._hold_both(tx, case_id, other_id, caller)
            caller.require_office(case.procedure, by)
            known = next(
                (one for one in await store.links_of(tx, case_id, caller.acts_as) if one.other_id == other_id), None
            )
            if known is not None:
                same_matter.check_undo(self._forms.pinned(case.pin), case, other, by, known.linked_by)
                await store.drop(tx, case_id, other_id)
                for one, its_other in ((case, other), (other, case)):
                    cause = await self._cause(tx, "undone", one, its_other)
                    undone = SameMatterUndone(case=its_other.id, by=by)
                    await emit(tx, one, self._forms.pinned(one.pin), [undone], cause, now)
            return await store.links_of(tx, case_id, caller.acts_as)

    async def _hold_both(
        self, tx: AsyncConnection, case_id: UUID, other_id: UUID, caller: Principal
    ) -> tuple[Case, Case]:
        """Both cases, locked in the order of their ids. The path's own case is guarded by its route."""
        await cases.lock_cases(tx, {case_id, other_id})
        found = await cases.find_cases(tx, {case_id, other_id})
        if case_id not in found:
            raise NotFound("no such case")
        recused = await recusal.recused_of(tx, other_id)
        if recused is None or is_hidden(caller.acts_as, recused.procedure, recused.offices):
            raise NotFound("no such case", field="case")
        return found[case_id], found[other_id]

    async def _cause(self, tx: AsyncConnection, what: str, case: Case, other: Case) -> str:
        entries = await timeline.timeline_of(tx, case.id)
        times = sum(one.occurrence.startswith("same-matter") for one in entries)
        return f"same-matter|{what}|{other.id}|{times}"
