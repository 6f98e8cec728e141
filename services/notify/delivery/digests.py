"""Digests: from the due notices of a queue to what is delivered, each alone or with those that are joined to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.delivery.composer import Composer, Placed
from services.notify.domain.case import Case
from services.notify.domain.digest_wording import overdue
from services.notify.domain.digests import Waiting, grouped
from services.notify.domain.rows import NoticeRow
from services.notify.store import cases as store
from services.notify.store import digests
from shared.errors import NotFound


@dataclass(frozen=True)
class Digest:
    """A notice with those that are delivered within it. `fresh`: no attempt has begun; they are yet to be joined."""

    lead: Placed
    others: tuple[Placed, ...] = ()
    fresh: bool = False


async def collect(tx: AsyncConnection, composer: Composer, placed: Sequence[Placed]) -> list[Digest]:
    """Due notices of one queue as they are to be delivered, in their order.

    One that is on its way (an attempt was begun) keeps what is joined to it, no more and no less. For one that is not,
    all that wait for the same addressee of the same case are looked up; the gravest of them leads.
    """
    joining = [one for one in placed if one.row.joins]
    if not joining:
        return [Digest(one) for one in placed]
    cases = {one.case.id: one.case for one in joining}
    begun = [one.row.id for one in joining if one.row.attempts]
    kept = await digests.joined(tx, cases, begun)
    rows = await digests.waiting(tx, cases) if len(begun) < len(joining) else []
    queue = joining[0].queue
    waiting = {one.row.id: one for one in _place_all(composer, rows, cases) if one.queue == queue}
    leads = {one.lead: one.others for one in grouped(_waiting(one) for one in waiting.values())}
    lead_of = {other: lead for lead, others in leads.items() for other in (lead, *others)}
    found: dict[UUID, Digest] = {}
    for one in placed:
        id = one.row.id
        if id in lead_of:
            lead = lead_of[id]
            found.setdefault(lead, Digest(waiting[lead], tuple(waiting[other] for other in leads[lead]), fresh=True))
        elif not one.row.joins or one.row.attempts:
            others = _place_all(composer, kept.get(id, ()), cases)
            found[id] = Digest(one, tuple(sorted(others, key=lambda other: (other.row.occurred_at, other.row.id))))
        # else: it was changed since it was read; the next look finds it as it is
    return list(found.values())


async def join(tx: AsyncConnection, queue: str, made: Sequence[Digest]) -> bool:
    """Write which notices are delivered within which, in the transaction in which the leads' attempts begin.

    False if anything has changed since it was read: then nothing of this transaction may stand.
    """
    fresh = [one for one in made if one.fresh and one.others]
    if not fresh:
        return True
    await store.lock(tx, {one.lead.case.id for one in fresh})
    leads = {one.lead.row.id: str(one.lead.who) for one in fresh}
    return await digests.join(
        tx, queue, leads, {other.row.id: one.lead.row.id for one in fresh for other in one.others}
    )


def _place_all(composer: Composer, rows: Sequence[NoticeRow], cases: Mapping[UUID, Case]) -> list[Placed]:
    """Rows with their places; without those that have no text, or that wait for an event that is on its way."""
    found = []
    for row in rows:
        try:
            one = composer.place(row, cases[row.case_id])
        except NotFound:
            continue  # it ends for itself, when it is routed
        if row.joined_to is not None or row.queue is not None or composer.is_ready(one):
            found.append(one)
    return found


def _waiting(one: Placed) -> Waiting:
    row = one.row
    late = overdue(row.occurrence, row.occurred_at, row.details)
    return Waiting(row.id, row.case_id, str(one.who), late, row.rank, row.occurred_at)
