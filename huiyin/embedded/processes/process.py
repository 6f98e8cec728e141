"""Child processes that outlive their parent's memory: each is recorded with its pid *and* its start time.

A pid alone proves little after a crash, because the system gives it to other programs again. A recorded process is only
believed, and only ever signalled, if a process with that pid started at the recorded instant.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from huiyin.embedded.home import write_atomically
from shared.errors import StackError

_START_TOLERANCE_S = 1.0  # start times are computed from the boot time, which moves a little with clock corrections


@dataclass(frozen=True)
class Record:
    """One recorded process; `started` is POSIX seconds as the system has it."""

    name: str
    pid: int
    started: float

    def process(self, tolerance_s: float = _START_TOLERANCE_S) -> psutil.Process | None:
        """The process itself if it still runs; None if it ended or its pid now belongs to another program."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) <= tolerance_s
            # a killed process keeps its locks and ports until its last thread is gone, its first being a zombie already
            ended = process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
            return process if same and not ended else None
        except psutil.NoSuchProcess:
            return None

    def write(self, folder: Path) -> None:
        write_atomically(folder / f"{self.name}.pid", json.dumps(asdict(self)) + "\n")


def record_of(name: str, pid: int) -> Record:
    """The record of a process that runs now; raises psutil.NoSuchProcess."""
    return Record(name, pid, psutil.Process(pid).create_time())


def read_records(folder: Path) -> list[Record]:
    """All records in a folder, whether their processes still run or not; unreadable files are passed over."""
    records = []
    for path in sorted(folder.glob("*.pid")):
        with contextlib.suppress(OSError, ValueError, TypeError):
            records.append(Record(**json.loads(path.read_text("utf-8"))))
    return records


@dataclass(frozen=True)
class Command:
    """How to start one process. `stop_signal` asks it to end in good order; `user` is the uid and gid to run as."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    kill_signal: signal.Signals = signal.SIGKILL
    user: tuple[int, int] | None = None
    folder: Path | None = None


def spawn(name: str, command: Command, *, log: Path, records: Path) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own (a Ctrl-C at the terminal does not reach it) and record it."""
    uid, gid = command.user or (None, None)
    try:
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                list(command.arguments),
                env=dict(command.environment),
                cwd=command.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=[] if uid is not None else None,
            )
    except OSError as error:
        raise StackError(f"{name} cannot be started ({error.strerror})", hint=f"see {log}") from None
    try:
        with contextlib.suppress(psutil.NoSuchProcess):
            record_of(name, process.pid).write(records)
    except OSError as error:  # a process that nobody could find again must not stay
        end_group(process.pid, signal.SIGKILL)
        process.wait()
        raise StackError(
            f"{name} cannot be recorded ({error.strerror})", hint=f"is there space in {records}?"
        ) from None
    return process


def forget(name: str, records: Path) -> None:
    """Remove the record of a process that has ended."""
    (records / f"{name}.pid").unlink(missing_ok=True)


def end_group(pid: int, number: signal.Signals) -> None:
    """Signal a process and what it started; that it is gone already is no error."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def end_recorded(records: Path, *, names: Callable[[str], bool], grace_s: float) -> list[str]:
    """End those recorded processes that still run and whose name is wanted: SIGTERM, then SIGKILL after `grace_s`.

    Returns their names. Raises `StackError` naming one that cannot be ended.
    """
    wanted = [record for record in read_records(records) if names(record.name) and record.process()]
    for number, patience in ((signal.SIGTERM, grace_s), (signal.SIGKILL, 5.0)):
        for record in wanted:
            if record.process():
                # PostgreSQL takes SIGTERM as "wait for all clients to leave": SIGINT is its orderly stop
                is_database = record.name == "postgres" and number == signal.SIGTERM
                end_group(record.pid, signal.SIGINT if is_database else number)
        wait_for(lambda: not any(record.process() for record in wanted), patience)
    for record in wanted:
        if record.process():
            raise StackError(
                f"{record.name} of an earlier run (pid {record.pid}) cannot be ended",
                hint="end it as the user who started it, then try again",
            )
    for record in read_records(records):
        if names(record.name) and not record.process():
            forget(record.name, records)
    return [record.name for record in wanted]


def memory_of(pid: int) -> int:
    """Bytes of memory of a process and what it started, shared pages counted once; 0 if it does not run."""
    with contextlib.suppress(psutil.Error):
        parent = psutil.Process(pid)
        parts = [each.memory_info() for each in (parent, *parent.children(recursive=True))]
        shared = [int(getattr(part, "shared", 0)) for part in parts]
        return sum(int(part.rss) for part in parts) - sum(shared) + max(shared)
    return 0


def wait_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the process ended within that time."""
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def last_line(log: Path) -> str:
    """The last line with anything in it of a log file, at most 300 characters; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 20_000))
            lines = [line.strip() for line in file.read().decode("utf-8", "replace").splitlines() if line.strip()]
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def trim_log(log: Path, limit: int = 20_000_000) -> None:
    """Keep a log below `limit` bytes: what it holds goes to `<name>.log.1`, and writers go on in the emptied file."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > limit:
            log.with_name(log.name + ".1").write_bytes(log.read_bytes())
            os.truncate(log, 0)


def wait_for(condition: Callable[[], bool], seconds: float, *, interval_s: float = 0.05) -> bool:
    """Ask until the condition holds or the time is over; returns whether it held."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval_s)
    return True
