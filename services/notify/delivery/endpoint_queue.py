"""The work on one lane: its due notices one after another, until there are none, or the receiver fails."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.delivery import digests, retry
from services.notify.delivery.attempts import Ended, Endings
from services.notify.delivery.composer import Composed, Composer, Placed
from services.notify.delivery.digests import Together
from services.notify.delivery.sinks import Outcome, Sink
from services.notify.domain.case import Case
from services.notify.domain.wording import Contact
from services.notify.store import cases as store
from services.notify.store import delivery_queue, senders
from services.notify.store.delivery_queue import Ending
from shared.business_time.clock import Clock
from shared.errors import NotFound, Unavailable
from shared.messaging.database import is_passing
from shared.messaging.retry import until_done
from shared.retry import jitter

log = structlog.get_logger(__name__)

_TURN_SECONDS = 5.0  # then others get their turn
_ENDING = {"sent": "sent", "refused": "failed", "ambiguous": "failed", "gone": "failed"}


class _Changed(Exception):
    """What was to be told together is not as it was read."""


class LaneWork:
    """One turn at a lane that this sender (`me`) has picked; `lane` is the row that `store_queue.pick` gave."""

    def __init__(
        self,
        engine: AsyncEngine,
        composer: Composer,
        sinks: Mapping[str, Sink],
        endings: Endings,
        real: Clock,
        me: UUID,
        lane: Any,
        failpoint: Callable[[str], None],
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._sinks = sinks
        self._sink = sinks[lane.sink]
        self._endings = endings
        self._real = real
        self._me = me
        self._lane: str = lane.lane
        self._failures: int = lane.failures
        self._disabled = lane.disabled_at is not None
        self._failpoint = failpoint

    async def run(self) -> None:
        """Work until nothing is due, the receiver fails, or the turn is over; then let go of the lane."""
        try:
            until = time.monotonic() + _TURN_SECONDS
            while time.monotonic() < until and await self._some():
                pass
        except Exception as error:
            if not is_passing(error):
                log.error("delivery fails", lane=self._lane, error=type(error).__name__, exc_info=error)
            reason = type(error).__name__
            await self._patiently(lambda: self._clean_up(reason))
        finally:
            await asyncio.shield(self._patiently(self._release))

    async def _some(self) -> bool:
        """Deliver up to a batch; returns whether it is worth going on."""
        now = self._real.now()
        async with self._engine.connect() as tx:
            rows = await delivery_queue.head(tx, self._lane, now, self._sink.batch, probe=self._failures > 0)
            cases = await store.read(tx, {row.case_id for row in rows})
        if not rows:
            return False
        if self._disabled:
            await self._endings.fail_waiting(rows, "receiver-disabled")
            return True
        placed = await self._placed(rows, cases)
        if not placed:
            return True
        async with self._engine.connect() as tx:
            made = await digests.gather(tx, self._composer, placed)
        try:
            contacts = await self._composer.contacts([one.lead for one in made])
        except Unavailable as error:
            log.warning("the vault is away", lane=self._lane, hint=error.hint)
            await self._lane_fails(now + timedelta(seconds=retry.VAULT.repeat(self._failures + 1)), "vault-away")
            return False
        unknown = [one.lead.row for one in made if isinstance(contacts.get(one.lead.row.id), NotFound)]
        if unknown:
            await self._endings.fail_waiting(unknown, "unknown-to-the-vault")
        composed = []
        for one in made:
            contact = contacts.get(one.lead.row.id, Contact())
            if isinstance(contact, Contact):
                composed.append((one, self._composer.compose(one.lead, contact, one.others)))
        return await self._deliver(composed, now) if composed else True

    async def _placed(self, rows: Sequence[Any], cases: Mapping[UUID, Case]) -> list[Placed]:
        """The notices that still belong into this lane; the addressee is whoever it is now, not when it was queued."""
        placed, moved = [], []
        for row in rows:
            one = self._composer.place(row, cases[row.case_id])
            if one.lane == self._lane:
                placed.append(one)
            else:
                moved.append(row.id)
        if moved:
            async with self._engine.begin() as tx:
                await delivery_queue.unroute(tx, moved)
        return placed

    async def _deliver(self, composed: Sequence[tuple[Together, Composed]], now: datetime) -> bool:
        # A mail without an address goes by the default endpoint, whose sink is another than the lane's.
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
            Ended(
                one.row, self._ending(one.row, by[one.row.id], made.blanks, outcome), by[one.row.id], str(one.who)
            )
            for (one, made), outcome in zip(mine, outcomes, strict=True)
        ]  # fmt: skip
        await self._patiently(lambda: self._endings.finish(self._me, ended))
        return await self._judge(outcomes)

    async def _begin(self, made: Sequence[Together], by: Mapping[UUID, str], now: datetime) -> set[UUID]:
        """Begin the attempts, and join to each notice what is told within it: both, or neither."""
        async with self._engine.begin() as tx:
            joined = await digests.join(tx, self._lane, made)
            self._failpoint("joined")
            begun = await delivery_queue.begin(tx, self._me, self._lane, by, now)
            if not joined or any(one.fresh and one.others and one.lead.row.id not in begun for one in made):
                raise _Changed
        return begun

    def _ending(self, row: Any, sink: str, blanks: int, outcome: Outcome) -> Ending:
        now = self._real.now()
        if (state := _ENDING.get(outcome.kind)) is not None:
            reason = None if state == "sent" else outcome.reason or outcome.kind
            return Ending(row.id, state, reason, now, blanks=blanks, ambiguous=outcome.kind == "ambiguous")
        # A probe before the notice's own time does not use up one of its tries.
        counted = row.next_try_at <= now
        tries = row.tries + counted
        age = (now - row.queued_at).total_seconds()
        wait = retry.policy(sink).wait(tries, key=row.id.bytes, age=age) if counted else 0.0
        if wait is None:
            return Ending(row.id, "failed", outcome.reason or "gave-up", now, blanks=blanks)
        wait = max(wait, min(outcome.wait or 0.0, retry.LONGEST_RETRY_AFTER_SECONDS))
        again_at = now + timedelta(seconds=wait)
        if not counted:
            again_at = max(again_at, row.next_try_at)
        return Ending(row.id, "waiting", outcome.reason, again_at, counted=counted, blanks=blanks)

    async def _judge(self, outcomes: Sequence[Outcome]) -> bool:
        """What the outcomes say of the receiver; returns whether to go on with the lane."""
        now = self._real.now()
        bad = next((one for one in outcomes if one.kind in ("away", "gone")), None)
        if bad is None:
            if self._failures and any(one.kind == "sent" for one in outcomes):
                await self._patiently(self._lane_well)
                self._failures = 0
            return not self._failures
        if bad.kind == "gone":
            log.error("a receiver wants no more notices; it is disabled", lane=self._lane)
            self._disabled = True
            await self._lane_fails(now, bad.reason or "gone", disabled=True)
            return True
        wait = retry.ENDPOINT.repeat(self._failures + 1) * jitter(self._me.bytes, self._failures)
        wait = max(wait, min(bad.wait or 0.0, retry.LONGEST_RETRY_AFTER_SECONDS))
        await self._lane_fails(now + timedelta(seconds=wait), bad.reason or "away")
        await self._patiently(self._give_up_old)
        return False

    async def _lane_well(self) -> None:
        async with self._engine.begin() as tx:
            await delivery_queue.lane_well(tx, self._me, self._lane, self._real.now())

    async def _lane_fails(self, until: datetime, reason: str, *, disabled: bool = False) -> None:
        async def write() -> None:
            async with self._engine.begin() as tx:
                await delivery_queue.lane_failed(
                    tx, self._me, self._lane, self._real.now(), until, reason, disabled=disabled
                )

        self._failures += 1
        await self._patiently(write)

    async def _give_up_old(self) -> None:
        """Give up what has waited behind a dead receiver for longer than a single notice would be tried."""
        longest = retry.GIVE_UP_BEHIND.get(self._sink.name)
        if longest is None:
            return
        async with self._engine.connect() as tx:
            old = await delivery_queue.older(tx, self._lane, self._real.now() - timedelta(seconds=longest))
        if old:
            await self._endings.fail_waiting(old, "receiver-away")

    async def _clean_up(self, reason: str) -> None:
        """After an error of our own: what was being sent is gone on with as after a crash, and the lane rests."""
        now = self._real.now()
        async with self._engine.begin() as tx:
            left = await senders.left_in(tx, self._me, self._lane)
            await self._endings.take_over(tx, left, self._sinks)
            until = now + timedelta(seconds=retry.ENDPOINT.repeat(self._failures + 1))
            await delivery_queue.lane_failed(tx, self._me, self._lane, now, until, reason, disabled=False)

    async def _release(self) -> None:
        async with self._engine.begin() as tx:
            await delivery_queue.release(tx, self._me, self._lane)

    async def _patiently(self, work: Callable[[], Awaitable[object]]) -> None:
        """Do what must be written: what was delivered is not forgotten because the database is away."""
        await until_done(self._lane, work)
