"""How attempts end in the database: the row's new state and its event, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.delivery.sinks import Sink
from services.notify.domain.rows import NoticeRow
from services.notify.handlers.reactions import Reactions
from services.notify.handlers.service import NoticeService
from services.notify.store import cases, delivery_queue, digests, senders
from services.notify.store.delivery_queue import AttemptResult
from shared.business_time.clock import Clock
from shared.events.envelope import Event, make
from shared.events.notices import NoticeFailed, NoticeSent
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.observability import metrics

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class FinishedAttempt:
    """A notice's row as it was, how its attempt ended, what delivered it, and to whom."""

    row: NoticeRow
    result: AttemptResult
    sink: str
    addressee: str


@dataclass(frozen=True)
class _Result:
    """A notice that is sent or given up; `failed` is the reason. `addressee` is whom it went to."""

    row: NoticeRow
    sink: str
    addressee: str
    attempts: int
    failed: str | None = None
    ambiguous: bool = False


class DeliveryResults:
    """Writes results. `clock` is the cases' clock, `real` the machine's."""

    def __init__(self, outbox: Outbox, clock: Clock, real: Clock, reactions: Reactions, service: NoticeService) -> None:
        self._clock = clock
        self._real = real
        self._reactions = reactions
        self._service = service
        self._outbox = outbox

    async def finish(self, me: UUID, ended: Sequence[FinishedAttempt]) -> None:
        """Write how attempts ended, and emit which notices were sent or given up."""
        async with self._outbox.transaction() as tx:
            now = self._clock.now()
            await cases.lock(tx, {one.row.case_id for one in ended})
            ours = await delivery_queue.finish(tx, me, [one.result for one in ended], self._real.now(), now)
            ends = [
                _Result(
                    one.row, one.sink, one.addressee, ours[one.row.id],
                    (one.result.reason or "refused") if one.result.state == "failed" else None, one.result.ambiguous,
                )
                for one in ended
                if one.row.id in ours and one.result.state in ("sent", "failed")
            ]  # fmt: skip
            events = await self._emit(tx, ends, now)
        self._count(events)

    async def fail_waiting(self, rows: Sequence[NoticeRow], reason: str) -> None:
        """Give up notices that nobody is sending."""
        async with self._outbox.transaction() as tx:
            now = self._clock.now()
            await cases.lock(tx, {row.case_id for row in rows})
            gone = await delivery_queue.fail_waiting(tx, [row.id for row in rows], reason, now)
            ends = [
                _Result(row, row.sink or "none", row.addressee or row.to, row.attempts, reason)
                for row in rows
                if row.id in gone
            ]
            events = await self._emit(tx, ends, now)
        self._count(events)

    async def take_over(self, tx: AsyncConnection, orphans: Sequence[NoticeRow], sinks: Mapping[str, Sink]) -> None:
        """Go on with what a dead sender was sending: again where the sink shows it once, else ended as ambiguous."""
        if not orphans:
            return
        again = [row for row in orphans if row.sink is not None and row.sink in sinks and sinks[row.sink].repeatable]
        doubtful = [row for row in orphans if row not in again]
        await senders.resume(tx, [row.id for row in again], self._real.now())
        if not doubtful:
            return
        now = self._clock.now()
        await cases.lock(tx, {row.case_id for row in doubtful})
        gone = await senders.give_up_ambiguous(tx, [row.id for row in doubtful], now)
        await self._emit(
            tx,
            [
                _Result(row, row.sink or "none", row.addressee or row.to, row.attempts, "ambiguous", ambiguous=True)
                for row in doubtful
                if row.id in gone
            ],
            now,
        )

    async def _emit(self, tx: AsyncConnection, ends: Sequence[_Result], now: datetime) -> list[Event]:
        """Emit an event for each notice that ended, and for each that was joined to one of them and ended with it."""
        leads = {one.row.id: one for one in ends if one.row.joins}
        others = await digests.settle(tx, {one.row.case_id for one in leads.values()}, leads.keys(), now)
        events = [_event(one.row, one, now) for one in ends]
        events += [_event(row, leads[row.joined_to], now) for row in others if row.joined_to is not None]
        for one in ends:
            if one.failed is None:
                await self._service.await_receipt(tx, one.row, one.addressee, now)
        events += await self._reactions.apply_own(tx, events, now)
        await outbox.append(tx, events)
        return events

    def _count(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event.data, NoticeSent) and event.data.within is not None:
                metrics.NOTICES_JOINED.labels(procedure=event.procedure).inc()
            elif isinstance(event.data, NoticeSent):
                metrics.NOTICES_SENT.labels(procedure=event.procedure, sink=event.data.sink).inc()
            elif isinstance(event.data, NoticeFailed):
                data = event.data
                metrics.NOTICES_FAILED.labels(procedure=event.procedure, sink=data.sink, reason=data.reason).inc()


def _event(row: NoticeRow, end: _Result, now: datetime) -> Event:
    """The event of a notice that ended, or of one (`row`) that was joined to it and ended with it."""
    within = None if row.id == end.row.id else str(end.row.id)
    data: NoticeSent | NoticeFailed
    if end.failed is None:
        data = NoticeSent(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=end.addressee,
            cause=str(row.event_id),
            within=within,
            sink=end.sink,
            sent_at=now,
            attempts=end.attempts,
            form=row.form,
        )
        cause = str(row.id)
    else:
        data = NoticeFailed(
            notice=row.notice,
            notice_id=str(row.id),
            addressee=end.addressee,
            cause=str(row.event_id),
            within=within,
            sink=end.sink,
            reason=end.failed,
            attempts=end.attempts,
            ambiguous=end.ambiguous,
        )
        # A notice that was sent again by hand may fail again: another event.
        cause = f"{row.id}|{end.row.resends}"
    return make("notify", row.case_id, (row.procedure, row.version), data, cause=cause, at=now)
