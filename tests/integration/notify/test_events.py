"""Events in, rows out: repetition, lateness, follow-ups, and nothing of the person in the database."""

from __future__ import annotations

import base64
import itertools
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.consumer import Consumer
from services.notify.store.tables import metadata
from shared.events.notices import CallBackDue
from tests.integration.notify.bench import CANARY, bench
from tests.unit.notify.samples import Story, case_id

pytestmark = pytest.mark.asyncio


async def test_the_same_events_again_make_no_second_notice(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        events = [story.registered(), story.assigned(), story.started(), story.later(days=1).warned()]
        for _ in range(10):
            await it.apply(events)
        async with it.sending():
            await it.until_state("urging", "sent")
            await it.until_state("receipt", "sent")
            await it.until_state("assignment", "sent")
        await it.apply(events)
        assert len(it.files()) == 3
        assert len(await it.rows("state = 'sent'")) == 3


async def test_the_order_of_topics_does_not_matter(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        found = []
        # The topics race: any interleaving of the events of intake, routing and sla, each topic in its own order.
        for number, order in enumerate(itertools.permutations(range(4)), start=1):
            story = Story(number)
            registered = story.registered()
            later = [
                story.later(seconds=1).classified("grave"),
                story.later(seconds=1).assigned(),
                story.started(),
                story.later(days=1).breached(),
            ]
            for event in [registered, *(later[index] for index in order)]:
                await it.apply([event])
            rows = await it.rows(f"case_id = '{story.case}'")
            found.append({(row.notice, row.state) for row in rows})
    assert all(one == found[0] for one in found)
    assert ("grave", "waiting") in found[0]


async def test_a_case_that_is_not_registered_is_unknown_so_that_its_events_are_held(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path) as (it, _):
        await it.apply([Story(1).registered()])
        async with it.engine.begin() as tx:
            assert await Consumer(it.reactions).unknown_cases(tx, {case_id(1), case_id(2)}) == {case_id(2)}


async def test_a_follow_up_is_due_once_by_the_procedures_calendar(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        events = [story.registered(), story.later(hours=1).resolved(upheld=True)]
        emitted = await it.apply(events)
        assert not await it.apply(events)
        (due,) = [event.data for event in emitted if isinstance(event.data, CallBackDue)]
    # resolved on Monday 2 November; two working days: the end of Wednesday the 4th, 24:00 in Shanghai
    assert due.due_at is not None
    assert due.due_at.isoformat() == "2026-11-04T16:00:00+00:00"


async def test_nothing_of_the_person_is_in_any_table(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await it.apply([story.registered(), story.assigned(), story.started(), story.resolved(upheld=True)])
        async with it.sending():
            await it.until_state("receipt", "sent")
            await it.until_state("result", "sent")
        assert CANARY["name"] in (tmp_path / "found").as_posix() + str(it.files())
        tables = await _everything(engine)
    for canary in (*CANARY.values(), "K7QF-9M2X", "水管已修好"):
        for form in _forms(canary):
            assert form not in tables


async def _everything(engine: AsyncEngine) -> bytes:
    parts: list[bytes] = []
    async with engine.connect() as tx:
        for table in metadata.sorted_tables:
            for row in await tx.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608
                parts += [_bytes(value) for value in row]
    return b"\n".join(parts)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()


def _forms(text_: str) -> list[bytes]:
    raw = text_.encode()
    return [raw, base64.b64encode(raw)[:-4], raw.hex().encode(), text_.encode("utf-16-le"), repr(text_).encode()[1:-1]]
