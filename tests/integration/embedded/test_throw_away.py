"""The tests' own homes: whatever a failed test leaves running ends with its home."""

from __future__ import annotations

import pytest

from huiyin.embedded.processes.process import read_records, wait_for
from tests.integration.servers import throw_away_home
from tests.running import Stack

pytestmark = [pytest.mark.timeout(180)]


def test_a_stack_that_a_failed_test_leaves_behind_ends_with_its_home() -> None:
    records = []

    def failing_test() -> None:
        with throw_away_home("left") as home:
            Stack(home.path).command("up", "--detach", "--port-base", "0", "--except", "intake,routing,sla,notify")
            records.extend(read_records(home.run))
            raise AssertionError("as a test fails")

    with pytest.raises(AssertionError, match="as a test fails"):
        failing_test()
    assert {record.name for record in records} == {"supervisor", "kafka", "postgres"}
    # its record goes before the supervisor itself is gone
    assert wait_for(lambda: not any(record.process() for record in records), 5)
