"""A sender in a process of its own that kills itself between its first delivery and writing that down."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from services.notify.domain.recipients import Recipients
from shared.business_time.clock import RealClock
from shared.messaging.database import open_database
from tests.integration.notify.bench import Bench


def _die(place: str) -> None:
    if place == "delivered":
        os.kill(os.getpid(), signal.SIGKILL)


async def _main() -> None:
    engine = open_database(os.environ["TEST_DATABASE"])
    folder, vault = Path(os.environ["TEST_FOLDER"]), os.environ["TEST_VAULT"]
    it = Bench(engine, folder, vault, Recipients(), {}, RealClock())
    async with asyncio.timeout(60):  # a process of a test outlives nobody
        await it.sender(failpoint=_die).run()


if __name__ == "__main__":
    asyncio.run(_main())
