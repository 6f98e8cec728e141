"""What a count goes by: copies of the rows that the services keep, of the topics, and of the notices in the file sink.

Gathered by one query per table. A gathering is one look at a system at rest; it is no snapshot of one at work.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from kafka import KafkaConsumer, TopicPartition
from sqlalchemy import text

from huiyin.cli.client import Connection
from huiyin.cli.databases import database_urls, transaction
from huiyin.cli.topics.broker import broker_errors
from shared.errors import InvalidInput
from shared.events.envelope import Event, decode
from shared.events.topics import DEAD_LETTERS, TOPICS


@dataclass(frozen=True)
class Case:
    """A case as intake has it."""

    id: UUID
    procedure: tuple[str, int]
    number: str
    status: str


@dataclass(frozen=True)
class Notice:
    """A notice as notify has it: `event_id` is its cause, `to` the addressee that the procedure names."""

    id: UUID
    case_id: UUID
    notice: str
    event_id: UUID
    to: str
    state: str
    resends: int


@dataclass(frozen=True)
class EmittedEvent:
    """An event in a service's outbox."""

    id: UUID
    case_id: UUID
    topic: str
    sequence: int
    type: str


@dataclass
class Evidence:
    """By service where a name is a key. `events` are those of the run's cases that the sla service takes in, in full;
    `unpublished`, `held` and `dead_letters` are counts, the last of those that nobody has settled."""

    cases: list[Case] = field(default_factory=list)
    emitted: dict[str, list[EmittedEvent]] = field(default_factory=dict)
    events: dict[UUID, list[Event]] = field(default_factory=dict)
    unpublished: dict[str, int] = field(default_factory=dict)
    taken: dict[str, list[UUID]] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    last_numbers: dict[tuple[UUID, str], int] = field(default_factory=dict)
    topics: dict[str, list[UUID]] = field(default_factory=dict)
    timeline: list[tuple[UUID, str]] = field(default_factory=list)
    routed: dict[UUID, str] = field(default_factory=dict)
    clocks: dict[UUID, list[tuple[str, int, str]]] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    files: list[UUID] = field(default_factory=list)


_OUTBOX = text(
    """
    SELECT event_id, case_id, topic, sequence, type FROM emitted_events WHERE topic <> :dead_letters
    ORDER BY id, place
    """
)
_EVENTS = text(
    "SELECT value FROM emitted_events WHERE case_id = ANY(:cases) AND topic <> :dead_letters ORDER BY id, place"
)
_UNPUBLISHED = text("SELECT coalesce(sum(cardinality(ids)), 0) FROM unpublished")
_INBOX = text("SELECT event_id FROM inbox")
_HELD = text("SELECT count(*) FROM held_events")
_LETTERS = text("SELECT count(*) FROM dead_letters WHERE settled_at IS NULL")
_ONE_SNAPSHOT = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
_NUMBERS = text("SELECT case_id, topic, last FROM sequences")
_CASES = text("SELECT id, procedure, procedure_version, number, status FROM cases")
_TIMELINE = text("SELECT event_id, occurrence FROM timeline")
_ROUTED = text("SELECT id, status FROM cases")
_CLOCKS = text("SELECT case_id, clock, cycle, state FROM clocks_now")
_NOTICES = text('SELECT id, case_id, notice, event_id, "to", state, resends FROM notices')


async def gather(connection: Connection, run: Collection[UUID]) -> Evidence:
    """Look at everything; `run` are the cases whose events are read in full.

    Raises `Unavailable` where a database or the broker does not answer.
    """
    found = Evidence()
    urls = database_urls(connection)
    for service, url in urls.items():
        await _common(found, service, url)
        if service != "sla":
            await _read_events(found, service, url, run)
    await _own(found, urls)
    found.topics = await asyncio.to_thread(read_topics, connection.kafka())
    found.files = await asyncio.to_thread(lambda: list(delivered(connection.home.notices)))
    return found


async def _common(found: Evidence, service: str, url: str) -> None:
    async with transaction(service, url) as tx:
        await tx.execute(_ONE_SNAPSHOT)  # recurring reports go on while this reads
        rows = await tx.execute(_OUTBOX, {"dead_letters": DEAD_LETTERS.name})
        found.emitted[service] = [EmittedEvent(*row) for row in rows]
        found.unpublished[service] = int(await tx.scalar(_UNPUBLISHED) or 0)
        found.taken[service] = [row.event_id for row in await tx.execute(_INBOX)]
        found.held[service] = int(await tx.scalar(_HELD) or 0)
        found.dead_letters[service] = int(await tx.scalar(_LETTERS) or 0)
        for row in await tx.execute(_NUMBERS):
            found.last_numbers[row.case_id, row.topic] = row.last


async def _read_events(found: Evidence, service: str, url: str, run: Collection[UUID]) -> None:
    async with transaction(service, url) as tx:
        for row in await tx.execute(_EVENTS, {"cases": list(run), "dead_letters": DEAD_LETTERS.name}):
            event = decode(row.value)
            found.events.setdefault(event.subject, []).append(event)


async def _own(found: Evidence, urls: dict[str, str]) -> None:
    async with transaction("intake", urls["intake"]) as tx:
        found.cases = [
            Case(row.id, (row.procedure, row.procedure_version), row.number, row.status)
            for row in await tx.execute(_CASES)
        ]
        found.timeline = [(row.event_id, row.occurrence) for row in await tx.execute(_TIMELINE)]
    async with transaction("routing", urls["routing"]) as tx:
        found.routed = {row.id: row.status for row in await tx.execute(_ROUTED)}
    clocks: dict[UUID, list[tuple[str, int, str]]] = defaultdict(list)
    async with transaction("sla", urls["sla"]) as tx:
        for row in await tx.execute(_CLOCKS):
            clocks[row.case_id].append((row.clock, row.cycle, row.state))
    found.clocks = dict(clocks)
    async with transaction("notify", urls["notify"]) as tx:
        found.notices = [Notice(*row) for row in await tx.execute(_NOTICES)]


def read_topics(kafka: str) -> dict[str, list[UUID]]:
    """The ids of all events in each topic, in the order of each partition."""
    with broker_errors(kafka):
        consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=None, enable_auto_commit=False)
        try:
            return _read(consumer)
        finally:
            consumer.close(autocommit=False)


def _read(consumer: Any) -> dict[str, list[UUID]]:
    found: dict[str, list[UUID]] = {}
    for topic in TOPICS:
        if topic is DEAD_LETTERS:
            continue
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found[topic.name] = ids = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=500, max_records=5_000).values():
                ids += [identifier for identifier in map(_id_of, records) if identifier]
    return found


def _id_of(record: Any) -> UUID | None:
    headers = dict(record.headers or ())
    if "ce_id" in headers:
        return UUID(bytes(headers["ce_id"]).decode("ascii"))
    try:
        return decode(record.value).id
    except InvalidInput:
        return None


def delivered(folder: Path) -> Iterable[UUID]:
    """The notices that lie in the file sink, once for each file."""
    for file in folder.glob("*/*.json"):
        yield UUID(file.stem)
