"""From events to delivered notices, on a real database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.notices import NoticeSent
from tests.integration.notify.bench import bench
from tests.unit.notify.samples import Story

pytestmark = pytest.mark.asyncio


async def test_a_registered_case_has_its_receipt_written_once(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, vault):
        await it.apply([Story().registered()])
        async with it.sending():
            await it.until_state("receipt", "sent")
        (file,) = it.files()
        assert file["subject"] == "已登记 T-2026-0001"  # the name has no place in a subject
        assert file["body"].startswith("张三丰：编号 T-2026-0001，查询码 K7QF-9M2X，http://127.0.0.1:")
        assert vault.asked == [("name", "notice:receipt")]
        (emitted,) = await it.events()
        assert isinstance(emitted.data, NoticeSent)
        assert (emitted.data.sink, emitted.data.addressee, emitted.data.attempts) == ("file", "complainant", 1)
