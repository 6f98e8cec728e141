"""One process under supervision: started, watched until it answers, started again when it ends by itself."""

from __future__ import annotations

import contextlib
import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from huiyin.embedded.home import ProcessState
from huiyin.embedded.processes.process import (
    Command,
    end_group,
    forget,
    last_line,
    memory_of,
    spawn,
    wait_ended,
    wait_for,
)
from shared.errors import StackError
from shared.retry import RetryPolicy

log = logging.getLogger(__name__)

_WATCH_S = 0.1
_PROBE_EVERY_S = 3.0
RESTART = RetryPolicy((1.0, 2.0, 5.0, 10.0, 30.0), forever=True, steady_seconds=60.0)
"""A process that ended by itself is started again after these waits."""
FIRST_ATTEMPTS = 2
"""While the stack starts, a process that ends by itself this often is given up."""


@dataclass(frozen=True)
class Part:
    """What to supervise: `command` is asked anew at each start.

    `ready`: whether the process does its work; from then on the cheaper `still_ready` is asked (by default
    the same).
    """

    name: str
    address: str
    command: Callable[[], Command]
    ready: Callable[[], bool]
    still_ready: Callable[[], bool] | None = None


class Child:
    """Keeps one part running, from `start` to `stop`, in a thread of its own."""

    def __init__(self, part: Part, *, log: Path, records: Path, changed: Callable[[], None]) -> None:
        self.part = part
        self._log = log
        self._records = records
        self._changed = changed
        self._lock = threading.Lock()  # a start and a stop never overlap
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keep-{part.name}", daemon=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._command: Command | None = None
        self._starts = 0
        self._state = "starting"
        self._since = time.time()
        self._failure: StackError | None = None

    def state(self) -> ProcessState:
        """A snapshot for `state.json` and the table."""
        process = self._process
        running = process is not None and process.poll() is None
        return ProcessState(
            name=self.part.name,
            state=self._state,
            pid=process.pid if process is not None and running else None,
            address=self.part.address,
            restarts=max(0, self._starts - 1),
            since=self._since,
        )

    def memory(self) -> int:
        """Bytes of memory of the process and what it started; 0 if it does not run."""
        process = self._process
        return memory_of(process.pid) if process is not None else 0

    def start(self) -> None:
        """Start it and return; `await_ready` waits for it."""
        self._thread.start()

    def await_ready(self, seconds: float) -> None:
        """Return when it answers; raises `StackError` with its last words if it does not within that time."""
        wait_for(lambda: self._state == "ready" or self._given_up() or self._stopping.is_set(), seconds)
        if self._state == "ready":
            return
        if self._failure is not None:
            raise self._failure
        if self._stopping.is_set():
            raise StackError(f"{self.part.name} was stopped before it was ready")
        how = "stopped while starting" if self._given_up() else f"did not become ready in {seconds:.0f} s"
        words = last_line(self._log)
        raise StackError(f"{self.part.name} {how}" + (f": {words}" if words else ""), hint=f"its log: {self._log}")

    def ask_to_stop(self, *, now: bool = False) -> None:
        """Send the signal that ends it in good order, or at once; it will not be started again."""
        self._stopping.set()
        with self._lock:
            process, command = self._process, self._command
        if process is not None and command is not None and process.poll() is None:
            end_group(process.pid, command.kill_signal if now else command.stop_signal)

    def finish(self, grace_s: float) -> None:
        """Wait until it has ended, at most `grace_s`; then end it by force."""
        self._stopping.set()
        process, command = self._process, self._command
        if process is not None and command is not None and not wait_ended(process, grace_s):
            end_group(process.pid, command.kill_signal)
            if not wait_ended(process, 5.0):
                end_group(process.pid, signal.SIGKILL)
                wait_ended(process, 5.0)
        if self._thread.is_alive():
            self._thread.join(5.0)
        self._set("stopped")
        forget(self.part.name, self._records)

    def _given_up(self) -> bool:
        return self._failure is not None or (self._state == "restarting" and self._starts >= FIRST_ATTEMPTS)

    def _set(self, state: str) -> None:
        if state != self._state:
            self._state, self._since = state, time.time()
            self._changed()

    def _keep(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            ran_for = self._run_once()
            failures = RESTART.failures_after(failures, ran_for)
            if not self._stopping.is_set():
                self._set("restarting")
                self._stopping.wait(RESTART.repeat(failures))

    def _run_once(self) -> float:
        """Start it and watch it to its end; returns for how many seconds it had been ready."""
        try:
            with self._lock:
                if self._stopping.is_set():
                    return 0.0
                self._set("starting")
                self._command = self.part.command()
                self._starts += 1
                self._process = spawn(self.part.name, self._command, log=self._log, records=self._records)
        except StackError as error:
            self._failure = error
            return 0.0
        except OSError as error:  # a full disk, say: tried again later like any other failure
            self._failure = StackError(f"{self.part.name} cannot be started ({error.strerror})")
            return 0.0
        self._failure = None
        self._changed()
        return self._watch(self._process)

    def _probe(self, *, was_ready: bool) -> bool:
        ask = self.part.still_ready if was_ready and self.part.still_ready else self.part.ready
        try:
            return ask()
        except Exception:  # whatever a client library raises: the watch must go on
            log.warning("asking %s whether it is ready failed", self.part.name, exc_info=True)
            return False

    def _watch(self, process: subprocess.Popen[bytes]) -> float:
        ready_since: float | None = None
        next_probe = 0.0
        while process.poll() is None and not self._stopping.is_set():
            if time.monotonic() >= next_probe:
                good = self._probe(was_ready=ready_since is not None)
                if good:
                    ready_since = ready_since or time.monotonic()
                    self._set("ready")
                elif ready_since is not None:
                    self._set("not ready")
                next_probe = time.monotonic() + (_PROBE_EVERY_S if good else _WATCH_S)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=_WATCH_S)
        return time.monotonic() - ready_since if ready_since is not None else 0.0
