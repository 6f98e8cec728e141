"""How many notices a second the file sink takes. The figure is printed; the bound is far below it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.integration.notify.bench import bench
from tests.unit.notify.samples import Story

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("kind", ["department", "complainant"])
async def test_the_file_sink_keeps_up(
    kind: str, engine: AsyncEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    count = 2000
    async with bench(engine, tmp_path) as (it, _):
        for start in range(0, count, 250):
            stories = [Story(number) for number in range(start, start + 250)]
            events = [story.registered() for story in stories]
            if kind == "department":
                events += [event for story in stories for event in (story.assigned(), story.started())]
            await it.apply(events)
        async with it.engine.begin() as tx:
            other = "receipt" if kind == "department" else "assignment"
            await tx.execute(text("DELETE FROM notices WHERE notice = :other"), {"other": other})
        began, spent = time.monotonic(), time.process_time()

        async def all_sent() -> bool:
            await asyncio.sleep(0.2)
            async with it.engine.connect() as tx:
                return int(await tx.scalar(text("SELECT count(*) FROM notices WHERE state = 'sent'")) or 0) == count

        async with it.sending():
            await it.until(all_sent, 60)
        rate = count / (time.monotonic() - began)
        spent = (time.process_time() - spent) / count * 1000
        assert len(it.files()) == count
    with capsys.disabled():
        print(f"\nfile sink, {kind}: {rate:.0f} notices/s, {spent:.2f} ms of this process's time for each")
    assert rate > 20
