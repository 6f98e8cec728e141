"""`huiyin demo --once --json` on a home of its own: the whole system, from the first complaint to the last answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.integration.servers import throw_away_home


@pytest.mark.timeout(600)
def test_every_case_of_the_demonstration_ends_and_nothing_is_lost_or_doubled() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
    command = [sys.executable, "-m", "huiyin", "demo", "--once", "--json", "--port-base", "0"]

    with throw_away_home("demo") as home:
        done = subprocess.run(
            command,
            env={**environment, "HUIYIN_HOME": str(home.path)},
            capture_output=True,
            text=True,
            timeout=540,
            check=False,
        )

    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["registered"] >= 200
    assert 0 < found["assigned"] <= found["registered"]
    assert found["clocks_started"] > found["breached"] > 0
    assert found["met"] > found["registered"]  # most cases are handled in time, and have several clocks
    assert found["warned"] > 0
    assert found["notices_sent"] > found["registered"]
    assert found["rejected_reports"] < found["registered"] / 10  # they are signed; a few cases go elsewhere meanwhile
    assert (found["lost"], found["duplicated"], found["refused_rows"]) == (0, 0, 0)
