"""Records of processes: a pid is believed only together with its start time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from huiyin.embedded.processes.child import RESTART
from huiyin.embedded.processes.process import end_recorded, last_line, read_records, record_of, trim_log, wait_for

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own that does nothing."""
    process = subprocess.Popen(SLEEPER, start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()


def test_a_recorded_process_is_found_again(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    record_of("sleeper", sleeper.pid).write(tmp_path)
    [record] = read_records(tmp_path)
    assert (record.name, record.pid) == ("sleeper", sleeper.pid)
    assert record.process() is not None


def test_a_pid_with_another_start_time_is_not_ours(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    true = record_of("sleeper", sleeper.pid)
    replace(true, started=true.started - 100).write(tmp_path)
    assert read_records(tmp_path)[0].process() is None
    assert end_recorded(tmp_path, names=lambda _name: True, grace_s=0.1) == []
    assert sleeper.poll() is None
    assert read_records(tmp_path) == []


def test_a_process_that_ended_is_not_running(sleeper: subprocess.Popen[bytes]) -> None:
    record = record_of("sleeper", sleeper.pid)
    sleeper.kill()
    assert wait_for(lambda: record.process() is None, 10), "a dead process that nobody has buried counts as ended"
    sleeper.wait()
    assert record.process() is None


def test_only_wanted_recorded_processes_are_ended(sleeper: subprocess.Popen[bytes], tmp_path: Path) -> None:
    record_of("sleeper", sleeper.pid).write(tmp_path)
    record_of("this", os.getpid()).write(tmp_path)
    assert end_recorded(tmp_path, names=lambda name: name == "sleeper", grace_s=5.0) == ["sleeper"]
    assert sleeper.wait() == -signal.SIGTERM
    assert [record.name for record in read_records(tmp_path)] == ["this"]


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", deaf], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    record_of("deaf", process.pid).write(tmp_path)
    assert end_recorded(tmp_path, names=lambda _name: True, grace_s=0.2) == ["deaf"]
    assert process.wait() == -signal.SIGKILL


def test_unreadable_records_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.pid").write_text("{")
    (tmp_path / "other.pid").write_text('{"name": "other"}')
    assert read_records(tmp_path) == []


def test_waiting_times_grow_and_start_again_after_a_healthy_minute() -> None:
    # ran for (s):   0  0  0  0   0   0 | 59.9 | 60 -> first step again | 0
    runs = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 59.9, 60.0, 0.0]
    failures, waits = 0, []
    for ran_for in runs:
        failures = RESTART.failures_after(failures, ran_for)
        waits.append(RESTART.repeat(failures))
    assert waits == [1, 2, 5, 10, 30, 30, 30, 1, 2]


def test_the_last_line_with_anything_in_it_is_found(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert last_line(log) == ""
    log.write_text("first\nlast words \n\n  \n")
    assert last_line(log) == "last words"


def test_a_log_that_grew_too_large_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("x" * 11)
    trim_log(log, limit=11)
    assert log.read_text() == "x" * 11
    trim_log(log, limit=10)
    assert (log.read_text(), (tmp_path / "a.log.1").read_text()) == ("", "x" * 11)
