"""The gauge of open clocks: the table is counted in parts, and the sum is told when all of them are."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from huiyin.bench.timers.fixtures import plant
from services.sla.background.open_clocks import OpenClocks
from tests.integration.conftest import Open
from tests.integration.sla.bench import AT, Bench, registered, resolved

pytestmark = pytest.mark.asyncio


def gauge() -> float | None:
    return REGISTRY.get_sample_value("huiyin_clocks_open")


async def count(counting: OpenClocks) -> int:
    """Until the sum is told; returns in how many parts."""
    parts = 1
    while not await counting.count_some():
        parts += 1
    return parts


async def test_open_clocks_are_counted_in_parts(open_service: Open) -> None:
    bench, case = Bench(await open_service("sla")), uuid4()
    await bench.apply(registered(case), registered(uuid4()), resolved(case, AT + timedelta(minutes=1)))
    await plant(bench.engine, "far", "far", first=AT + timedelta(days=9), apart=timedelta(seconds=1), count=2_000)
    counting = OpenClocks(bench.context, blocks=3)
    assert await count(counting) > 5
    assert gauge() == 2_001
    assert await count(OpenClocks(bench.context)) == 1
    assert gauge() == 2_001
    await bench.apply(registered(uuid4()))
    await count(counting)
    assert gauge() == 2_002


async def test_no_clocks_are_none(open_service: Open) -> None:
    bench = Bench(await open_service("sla"))
    assert await count(OpenClocks(bench.context)) == 1
    assert gauge() == 0
