"""Sla as a real process: it takes a changed calendar while it runs, and goes on with the old where the new is wrong."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from huiyin.embedded.processes.process import wait_for
from shared.security.keys import ensure_key
from tests.integration.conftest import Open

LOCAL = 'extends: cn\nversion: "{}"\nholidays: ["2026-06-10"]\n'


@dataclass
class Process:
    """One sla process, role `api`, without a broker."""

    url: str
    calendars: Path
    log: Path

    def version(self) -> str | None:
        """The version of the calendar `cn` that it works with."""
        headers = {"Authorization": "Bearer hyk_process"}
        with contextlib.suppress(httpx.HTTPError):
            found = httpx.get(f"{self.url}/v1/calendars", headers=headers, timeout=5).json()
            return next(str(one["version"]) for one in found if one["id"] == "cn")
        return None


@pytest.fixture
def process(database_urls: dict[str, str], tmp_path: Path) -> Iterator[Process]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    found = Process(f"http://127.0.0.1:{port}", tmp_path / "calendars", tmp_path / "sla.log")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    environment |= {
        "HUIYIN_ROLE": "api",
        "HUIYIN_PORT": str(port),
        "HUIYIN_DATABASE": database_urls["sla"],
        "HUIYIN_KAFKA": "127.0.0.1:1",
        "HUIYIN_CALENDARS": str(found.calendars),
    }
    with found.log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "services.sla"], env=environment, stdout=output, stderr=output
        )
    yield found
    running.terminate()
    running.wait(30)


@pytest.mark.asyncio
async def test_a_calendar_is_taken_while_it_runs_and_a_wrong_one_is_refused(
    open_service: Open, database_urls: dict[str, str], process: Process
) -> None:
    await open_service("sla")
    await ensure_key(database_urls["sla"], "process", ["clocks:read"], "hyk_process")
    assert wait_for(lambda: process.version() == "2026.1", 60.0)
    process.calendars.mkdir()  # there was no such folder when it started

    (process.calendars / "cn.yaml").write_text(LOCAL.format("2026.2"), "utf-8")
    assert wait_for(lambda: process.version() == "2026.2", 10.0)

    (process.calendars / "cn.yaml").write_text(LOCAL.format("2026.1"), "utf-8")
    assert wait_for(lambda: b"changed rules are refused" in process.log.read_bytes(), 10.0)
    assert process.version() == "2026.2"
