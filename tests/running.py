"""A running stack for end-to-end and fault tests: started by the real command, looked at through its databases."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg
import httpx

HUIYIN = str(Path(sys.executable).with_name("huiyin"))

# Which topics each consumer takes, and where their events come from.
READS = {
    "routing": ("huiyin.complaints.v1", "huiyin.deadlines.v1", "huiyin.notices.v1"),
    "sla": ("huiyin.complaints.v1", "huiyin.assignments.v1", "huiyin.notices.v1"),
    "notify": ("huiyin.complaints.v1", "huiyin.assignments.v1", "huiyin.deadlines.v1"),
    "intake": ("huiyin.assignments.v1", "huiyin.deadlines.v1", "huiyin.notices.v1"),
}
WRITES = {
    "intake": "huiyin.complaints.v1",
    "routing": "huiyin.assignments.v1",
    "sla": "huiyin.deadlines.v1",
    "notify": "huiyin.notices.v1",
}


@dataclass(frozen=True)
class Stack:
    """A home with a stack in it. Every property reads the present state."""

    home: Path

    @property
    def state(self) -> dict[str, Any]:
        """The home's state file."""
        found: dict[str, Any] = json.loads((self.home / "state.json").read_text("utf-8"))
        return found

    def command(self, *words: str, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run `huiyin …` on this home."""
        environment = {**os.environ, "HUIYIN_HOME": str(self.home)}
        run = subprocess.run([HUIYIN, *words], env=environment, capture_output=True, text=True, timeout=timeout)
        assert not check or run.returncode == 0, f"huiyin {words}: {run.stdout[-2000:]} {run.stderr[-2000:]}"
        return run

    def url(self, service: str) -> str:
        """A service's address."""
        return str(self.state["services"][service]["url"])

    def client(self, **more: Any) -> httpx.Client:
        """An HTTP client with the local user's key."""
        key = Path(self.state["local_key_file"]).read_text("ascii").strip()
        return httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30, **more)

    def pid(self, process: str) -> int:
        """The process id of a part."""
        return next(int(one["pid"]) for one in self.state["processes"] if one["name"] == process)

    def kill(self, process: str) -> None:
        """kill -9 by pid, and wait until the supervisor has a new one ready."""
        old = self.pid(process)
        os.kill(old, signal.SIGKILL)

        def is_new() -> bool:
            now = next(one for one in self.state["processes"] if one["name"] == process)
            return now["pid"] not in (None, old) and now["state"] == "ready"

        wait_until(is_new, 300, f"{process} did not come back")

    async def connect(self, service: str) -> asyncpg.Connection:
        """A connection to a service's own database."""
        return await asyncpg.connect(**self._database(service))

    async def query(self, service: str, sql: str, *values: Any) -> list[Any]:
        """Rows from a service's own database."""
        connection = await self.connect(service)
        try:
            return list(await connection.fetch(sql, *values))
        finally:
            await connection.close()

    def _database(self, service: str) -> dict[str, Any]:
        entry = self.state["services"][service]
        place = urlsplit(entry["database"].replace("+asyncpg", ""))
        return {
            "host": parse_qs(place.query)["host"][0],
            "user": place.username,
            "password": Path(entry["password_file"]).read_text("ascii").strip(),
            "database": place.path[1:],
        }

    async def taken(self) -> dict[str, int]:
        """How many events each consumer has taken, and how many notices have ended: what moves while work is done."""
        found = {consumer: (await self.query(consumer, "SELECT count(*) FROM inbox"))[0][0] for consumer in READS}
        ended = "SELECT count(*) FROM notices WHERE state NOT IN ('waiting', 'sending')"
        return {**found, "notices": (await self.query("notify", ended))[0][0]}

    async def missing(self) -> dict[str, int]:
        """Events that a producer has emitted and a consumer has not taken: `consumer<-topic` -> how many."""
        found = {}
        for producer, topic in WRITES.items():
            emitted = {
                row[0]
                for row in await self.query(producer, "SELECT event_id FROM emitted_events WHERE topic = $1", topic)
            }
            for consumer, topics in READS.items():
                if topic not in topics:
                    continue
                taken = {
                    row[0] for row in await self.query(consumer, "SELECT event_id FROM inbox WHERE topic = $1", topic)
                }
                if emitted - taken:
                    found[f"{consumer}<-{topic}"] = len(emitted - taken)
        return found


def wait_until(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Await a condition; fails the test with `otherwise` after that many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if condition():
                return
        except (OSError, StopIteration, json.JSONDecodeError, httpx.HTTPError):
            pass
        time.sleep(0.1)
    raise AssertionError(otherwise)


def wait_while_it_moves(
    condition: Callable[[], bool], moves: Callable[[], object], otherwise: str, *, still: float = 120
) -> None:
    """Await a condition for as long as `moves` keeps giving something new: how slow the machine is decides nothing.

    Fails the test with `otherwise` and what `moves` gave last once that has stood still for so many seconds.
    """
    seen, since = moves(), time.monotonic()
    while True:
        began = time.monotonic()
        if condition():
            return
        now = moves()
        if now != seen:
            seen, since = now, time.monotonic()
        assert time.monotonic() - since < still, f"{otherwise}; since {still:.0f} s: {seen}"
        time.sleep(max(0.1, time.monotonic() - began))  # looking takes no more than half of a processor from the work
