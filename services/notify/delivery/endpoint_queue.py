"""The work on one queue: its due notices one after another, until there are none, or the receiver fails."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.delivery import digests, retry
from services.notify.delivery.attempts import DeliveryResults, FinishedAttempt
from services.notify.delivery.composer import Composed, Composer, Placed
from services.notify.delivery.digests import Digest
from services.notify.delivery.sinks import Outcome, Sink
from services.notify.domain.case import Case
from services.notify.domain.rows import NoticeRow, PickedQueue
from services.notify.domain.wording import Contact
from services.notify.store import cases as store
from services.notify.store import delivery_queue, senders
from services.notify.store.delivery_queue import AttemptResult
from shared.business_time.clock import Clock
from shared.errors import NotFound, Unavailable
from shared.messaging.database import is_passing
from shared.messaging.retry import until_done
from shared.retry import jitter

log = structlog.get_logger(__name__)

_TURN_SECONDS = 5.0  # then others get their turn
_FINAL = {"sent": "sent", "refused": "failed", "ambiguous": "failed", "gone": "failed"}


class _Changed(Exception):
    """What was to be delivered together is not as it was read."""


class EndpointQueue:
    """One turn at a queue that this sender (`me`) has picked; `queue` is the row that `store_queue.pick` gave."""

    def __init__(
        self,
        engine: AsyncEngine,
        composer: Composer,
        sinks: Mapping[str, Sink],
        results: DeliveryResults,
        real: Clock,
        me: UUID,
        queue: PickedQueue,
        failpoint: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._sinks = sinks
        self._sink = sinks[queue.sink]
        self._results = results
        self._real = real
        self._me = me
        self._queue: str = queue.queue
        self._failures: int = queue.failures
        self._disabled = queue.disabled_at is not None
        self._failpoint = failpoint

    async def run(self) -> None:
        """Work until nothing is due, the receiver fails, or the turn is over; then let go of the queue."""
        try:
            until = time.monotonic() + _TURN_SECONDS
            while time.monotonic() < until and await self._some():
                pass
        except Exception as error:
            if not is_passing(error):
                log.error("delivery fails", queue=self._queue, error=type(error).__name__, exc_info=error)
            reason = type(error).__name__
            await self._patiently(lambda: self._clean_up(reason))
        finally:
            await asyncio.shield(self._patiently(self._release))

    async def _some(self) -> bool:
        """Deliver up to a batch; returns whether it is worth going on."""
        now = self._real.now()
        async with self._engine.connect() as tx:
            rows = await delivery_queue.head(tx, self._queue, now, self._sink.batch, probe=self._failures > 0)
            cases = await store.read(tx, {row.case_id for row in rows})
        if not rows:
            return False
        if self._disabled:
            await self._results.fail_waiting(rows, "receiver-disabled")
            return True
        placed = await self._placed(rows, cases)
        if not placed:
            return True
        async with self._engine.connect() as tx:
            made = await digests.collect(tx, self._composer, placed)
        try:
            contacts = await self._composer.contacts([one.lead for one in made])
        except Unavailable as error:
            log.warning("the vault is away", queue=self._queue, hint=error.hint)
            await self._fail_queue(now + timedelta(seconds=retry.VAULT.repeat(self._failures + 1)), "vault-away")
            return False
        unknown = [one.lead.row for one in made if isinstance(contacts.get(one.lead.row.id), NotFound)]
        if unknown:
            await self._results.fail_waiting(unknown, "unknown-to-the-vault")
        composed = []
        for one in made:
            contact = contacts.get(one.lead.row.id, Contact())
            if isinstance(contact, Contact):
                composed.append((one, self._composer.compose(one.lead, contact, one.others)))
        return await self._deliver(composed, now) if composed else True

    async def _placed(self, rows: Sequence[NoticeRow], cases: Mapping[UUID, Case]) -> list[Placed]:
        """The notices that still belong into this queue; the addressee is whoever it is now, not when it was queued."""
        placed, moved = [], []
        for row in rows:
            one = self._composer.place(row, cases[row.case_id])
            if one.queue == self._queue:
                placed.append(one)
            else:
                moved.append(row.id)
        if moved:
            async with self._engine.begin() as tx:
                await delivery_queue.unroute(tx, moved)
        return placed

    async def _deliver(self, composed: Sequence[tuple[Digest, Composed]], now: datetime) -> bool:
        # A mail without an address goes by the default endpoint, whose sink is another than the queue's.
        by = {one.lead.row.id: made.message.endpoint.sink for one, made in composed}
        try:
            begun = await self._begin([one for one, _ in composed], by, now)
        except _Changed:
            return False  # a retraction, or another sender, was quicker; the next turn finds it as it is
        mine = [(one.lead, made) for one, made in composed if one.lead.row.id in begun]
        if not mine:
            return False
        self._failpoint("begun")
        outcomes: list[Outcome] = []
        for sink, group in itertools.groupby(mine, key=lambda pair: pair[1].message.endpoint.sink):
            outcomes += await self._sinks[sink].deliver([made.message for _, made in group])
        self._failpoint("delivered")
        ended = [
            FinishedAttempt(
                one.row, self._result(one.row, by[one.row.id], made.blanks, outcome), by[one.row.id], str(one.who)
            )
            for (one, made), outcome in zip(mine, outcomes, strict=True)
        ]  # fmt: skip
        await self._patiently(lambda: self._results.finish(self._me, ended))
        return await self._judge(outcomes)

    async def _begin(self, made: Sequence[Digest], by: Mapping[UUID, str], now: datetime) -> set[UUID]:
        """Begin the attempts, and join to each notice what is delivered within it: both, or neither."""
        async with self._engine.begin() as tx:
            joined = await digests.join(tx, self._queue, made)
            self._failpoint("joined")
            begun = await delivery_queue.begin(tx, self._me, self._queue, by, now)
            if not joined or any(one.fresh and one.others and one.lead.row.id not in begun for one in made):
                raise _Changed
        return begun

    def _result(self, row: NoticeRow, sink: str, blanks: int, outcome: Outcome) -> AttemptResult:
        now = self._real.now()
        if (state := _FINAL.get(outcome.kind)) is not None:
            reason = None if state == "sent" else outcome.reason or outcome.kind
            return AttemptResult(row.id, state, reason, now, blanks=blanks, ambiguous=outcome.kind == "ambiguous")
        # A probe before the notice's own time does not use up one of its tries.
        counted = row.next_try_at <= now
        tries = row.tries + counted
        age = (now - row.queued_at).total_seconds()
        wait = retry.policy(sink).wait(tries, key=row.id.bytes, age=age) if counted else 0.0
        if wait is None:
            return AttemptResult(row.id, "failed", outcome.reason or "gave-up", now, blanks=blanks)
        wait = max(wait, min(outcome.wait or 0.0, retry.LONGEST_RETRY_AFTER_SECONDS))
        again_at = now + timedelta(seconds=wait)
        if not counted:
            again_at = max(again_at, row.next_try_at)
        return AttemptResult(row.id, "waiting", outcome.reason, again_at, counted=counted, blanks=blanks)

    async def _judge(self, outcomes: Sequence[Outcome]) -> bool:
        """What follows from the outcomes for the receiver; returns whether to go on with the queue."""
        now = self._real.now()
        bad = next((one for one in outcomes if one.kind in ("away", "gone")), None)
        if bad is None:
            if self._failures and any(one.kind == "sent" for one in outcomes):
                await self._patiently(self._queue_well)
                self._failures = 0
            return not self._failures
        if bad.kind == "gone":
            log.error("a receiver wants no more notices; it is disabled", queue=self._queue)
            self._disabled = True
            await self._fail_queue(now, bad.reason or "gone", disabled=True)
            return True
        wait = retry.ENDPOINT.repeat(self._failures + 1) * jitter(self._me.bytes, self._failures)
        wait = max(wait, min(bad.wait or 0.0, retry.LONGEST_RETRY_AFTER_SECONDS))
        await self._fail_queue(now + timedelta(seconds=wait), bad.reason or "away")
        await self._patiently(self._give_up_old)
        return False

    async def _queue_well(self) -> None:
        async with self._engine.begin() as tx:
            await delivery_queue.queue_well(tx, self._me, self._queue, self._real.now())

    async def _fail_queue(self, until: datetime, reason: str, *, disabled: bool = False) -> None:
        async def write() -> None:
            async with self._engine.begin() as tx:
                await delivery_queue.queue_failed(
                    tx, self._me, self._queue, self._real.now(), until, reason, disabled=disabled
                )

        self._failures += 1
        await self._patiently(write)

    async def _give_up_old(self) -> None:
        """Give up what has waited behind a dead receiver for longer than a single notice would be tried."""
        longest = retry.GIVE_UP_BEHIND.get(self._sink.name)
        if longest is None:
            return
        async with self._engine.connect() as tx:
            old = await delivery_queue.older(tx, self._queue, self._real.now() - timedelta(seconds=longest))
        if old:
            await self._results.fail_waiting(old, "receiver-away")

    async def _clean_up(self, reason: str) -> None:
        """After an error of our own: what was being sent is gone on with as after a crash, and the queue rests."""
        now = self._real.now()
        async with self._engine.begin() as tx:
            left = await senders.unfinished(tx, self._me, self._queue)
            await self._results.take_over(tx, left, self._sinks)
            until = now + timedelta(seconds=retry.ENDPOINT.repeat(self._failures + 1))
            await delivery_queue.queue_failed(tx, self._me, self._queue, now, until, reason, disabled=False)

    async def _release(self) -> None:
        async with self._engine.begin() as tx:
            await delivery_queue.release(tx, self._me, self._queue)

    async def _patiently(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do what must be written: what was delivered is not forgotten because the database is away."""
        await until_done(self._queue, work)
