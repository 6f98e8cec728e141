"""One batch of records -> one transaction: inbox, effects, outbox and dead letters together, or nothing.

The order of a case's events is kept. A record that cannot be read becomes a dead letter at once. A case whose event
cannot be applied is parked: its event and all that follow become dead letters until they are replayed in order, and
every other case goes on (fault M6). A database that is away is waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.business_time.clock import Clock
from shared.errors import HuiyinError, InvalidInput
from shared.events import envelope
from shared.events.complaints import ComplaintRegistered
from shared.events.envelope import Event, Transport, UnknownType
from shared.events.headers import signature_headers
from shared.events.reports import ReportOpened
from shared.events.topics import TOPICS
from shared.messaging.inbox import dead_letters, deduplication, held_events
from shared.messaging.kafka.records import Record
from shared.messaging.outbox import Outbox, append
from shared.messaging.retry import until_done
from shared.observability import metrics
from shared.observability.tracing import case_traces
from shared.retry import EVENT

log = structlog.get_logger(__name__)

_WRITTEN_BY_OTHERS = frozenset(topic.name for topic in TOPICS if topic.writer == "outside")


class Handler(Protocol):
    """What a service does with events: load states under row locks, decide, save, and return the events to publish."""

    async def handle(self, tx: AsyncConnection, events: Sequence[Event], now: datetime) -> Sequence[Event]:
        """Apply events, in order; runs inside the batch's transaction."""
        ...

    async def unknown_cases(self, tx: AsyncConnection, cases: Collection[UUID]) -> set[UUID]:
        """Of these cases, those whose registration has not come yet; their events wait for it. May be empty."""
        ...


@dataclass(frozen=True)
class Parsed:
    """A record and the event in it."""

    record: Record
    event: Event


def _event(record: Record) -> Event:
    """The event in a record. Of a topic that others write, only its own types are read, and how it came is kept.

    Raises `InvalidInput`, or `UnknownType`.
    """
    event = envelope.decode(record.value)
    if record.topic not in _WRITTEN_BY_OTHERS:
        return event
    if event.data.topic_.name != record.topic:
        raise InvalidInput("an event of this type does not come on this topic", field="type")
    transport = Transport(signature_headers(record.headers), record.value or b"", record.appended_at)
    return replace(event, transport=transport)


def _aged(one: Parsed, appended_at: datetime | None) -> Parsed:
    if appended_at is None or one.event.transport is None:
        return one
    return Parsed(one.record, replace(one.event, transport=replace(one.event.transport, appended_at=appended_at)))


class Processor:
    """Applies batches of records for one consumer (a service's name)."""

    def __init__(self, outbox: Outbox, consumer: str, clock: Clock, handler: Handler) -> None:
        self._outbox = outbox
        self._consumer = consumer
        self._clock = clock
        self._handler = handler

    async def process(self, records: Sequence[Record]) -> None:
        """Apply a batch; returns only when every record has taken effect or is a dead letter."""
        parsed, unread = self._read(records)
        try:
            await until_done(self._consumer, lambda: self._apply(parsed, unread))
        except Exception as error:
            log.warning("batch fails, applying one by one", consumer=self._consumer, error=type(error).__name__)
            await until_done(self._consumer, lambda: self._apply((), unread))
            for one in parsed:
                await self._one(one)

    def _read(self, records: Sequence[Record]) -> tuple[list[Parsed], list[tuple[Record, InvalidInput]]]:
        parsed, unread = [], []
        for record in records:
            try:
                parsed.append(Parsed(record, _event(record)))
            except UnknownType:
                metrics.SKIPPED.labels(service=self._consumer, reason="unknown-type").inc()
            except InvalidInput as error:
                unread.append((record, error))
        return parsed, unread

    async def _one(self, one: Parsed) -> None:
        for attempt in count(1):
            try:
                await until_done(self._consumer, lambda: self._apply((one,), ()))
                return
            except Exception as error:
                failure = error
                log.warning(
                    "event fails",
                    consumer=self._consumer,
                    type=one.event.type,
                    case_id=str(one.event.subject),
                    attempt=attempt,
                    error=type(error).__name__,
                    exc_info=not isinstance(error, HuiyinError),
                )
                wait = EVENT.wait(attempt)
                if wait is None:
                    break
                await asyncio.sleep(wait)
        await until_done(self._consumer, lambda: self._park(one, type(failure).__name__))

    async def _apply(self, parsed: Sequence[Parsed], unread: Sequence[tuple[Record, InvalidInput]]) -> None:
        now = self._clock.now()
        async with self._outbox.transaction() as tx:
            fresh = await deduplication.take(tx, self._consumer, parsed, now)
            metrics.REDELIVERED.labels(service=self._consumer).inc(len(parsed) - len(fresh))
            aged = await self._as_old_as_they_are(tx, fresh)
            fresh = await self._without_parked(tx, aged, now)
            events = await self._in_time(tx, fresh, now)
            if events:
                with case_traces({one.subject: one.traceparent for one in events if one.traceparent}):
                    await append(tx, await self._handler.handle(tx, events, now))
            for record, error in unread:
                await dead_letters.record(tx, self._consumer, record, None, error.code, now, field=error.field)
        for event in events:
            metrics.CONSUMED.labels(service=self._consumer, type=event.type).inc()

    async def _as_old_as_they_are(self, tx: AsyncConnection, fresh: Sequence[Parsed]) -> Sequence[Parsed]:
        """What others wrote and was replayed came when the broker took it first."""
        ids = [one.event.id for one in fresh if one.event.transport is not None]
        first = await dead_letters.first_appended(tx, self._consumer, ids) if ids else {}
        if not first:
            return fresh
        return [_aged(one, first.get(one.event.id)) for one in fresh]

    async def _without_parked(self, tx: AsyncConnection, fresh: Sequence[Parsed], now: datetime) -> list[Parsed]:
        parked = await dead_letters.parked_cases(tx, self._consumer, {one.event.subject for one in fresh})
        going = []
        for one in fresh:
            if one.event.subject in parked:
                await dead_letters.record(tx, self._consumer, one.record, one.event, "behind-a-parked-event", now)
            else:
                going.append(one)
        return going

    async def _in_time(self, tx: AsyncConnection, fresh: Sequence[Parsed], now: datetime) -> list[Event]:
        """The events to apply now: those before the registration of their case, or the opening of their report, are put
        aside until it comes."""
        if not fresh:
            return []
        unknown = await self._handler.unknown_cases(tx, {one.event.subject for one in fresh})
        events: list[Event] = []
        held: list[Parsed] = []
        for one in fresh:
            case = one.event.subject
            if case not in unknown:
                events.append(one.event)
            elif isinstance(one.event.data, ComplaintRegistered | ReportOpened):
                unknown.discard(case)
                events.append(one.event)
                events.extend(await held_events.release(tx, case))
                events.extend(waiting.event for waiting in held if waiting.event.subject == case)
                held = [waiting for waiting in held if waiting.event.subject != case]
            else:
                held.append(one)
        await held_events.hold(tx, held, now)
        return events

    async def _park(self, one: Parsed, reason: str) -> None:
        async with self._outbox.transaction() as tx:
            now = self._clock.now()
            await deduplication.take(tx, self._consumer, (one,), now)
            await dead_letters.record(tx, self._consumer, one.record, one.event, reason, now)
