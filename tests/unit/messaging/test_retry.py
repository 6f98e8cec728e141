"""Work that goes on: a database that is away is waited for, a defect is not hidden."""

from __future__ import annotations

import asyncio

import pytest

from shared.messaging.retry import run_periodically

pytestmark = pytest.mark.asyncio


async def test_what_passes_is_waited_out_and_what_does_not_ends_it() -> None:
    outcomes: list[Exception | None] = [None, ConnectionRefusedError(), None, ValueError("a defect")]
    done = 0

    async def work() -> None:
        nonlocal done
        outcome, done = outcomes[done], done + 1
        if outcome is not None:
            raise outcome

    with pytest.raises(ValueError, match="a defect"):
        async with asyncio.timeout(10):
            await run_periodically("a test", work, every=0.0)
    assert done == 4


async def test_work_that_says_how_long_to_rest_is_believed() -> None:
    rests: list[float | None] = [-1.0, 0.0, None]  # then it rests for as long as anything does
    through = asyncio.Event()
    done = 0

    async def work() -> float | None:
        nonlocal done
        done += 1
        if done == len(rests):
            through.set()
        return rests[done - 1]

    task = asyncio.create_task(run_periodically("a test", work, every=3600.0))
    async with asyncio.timeout(10):
        await through.wait()
    for _ in range(100):
        await asyncio.sleep(0)
    assert (done, task.done()) == (3, False)
    task.cancel()
