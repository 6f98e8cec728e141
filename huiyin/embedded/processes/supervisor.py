"""Holds the children of one running home: keeps `state.json` true, saves the clock, stops everything in order."""

from __future__ import annotations

import fcntl
import logging
import os
import threading
import time
from dataclasses import replace
from typing import IO

from huiyin.embedded.broker.java_cache import Recording
from huiyin.embedded.home import Home, StackState
from huiyin.embedded.processes.child import Child, Part
from huiyin.embedded.processes.process import Record, forget, read_records, record_of, trim_log, wait_for
from huiyin.embedded.scaled_clock import SAVE_EVERY_S, save_last
from shared.errors import HuiyinError, StackError

SUPERVISOR = "supervisor"
SERVICE_GRACE_S = 10.0
SERVER_GRACE_S = 20.0
_TRIM_EVERY_S = 30.0
_DYING_S = 3.0  # a killed supervisor may hold the lock a moment longer than it is seen to run

log = logging.getLogger(__name__)


def running_supervisor(home: Home) -> Record | None:
    """The recorded supervisor of a home if it runs."""
    for record in read_records(home.run):
        if record.name == SUPERVISOR and record.process():
            return record
    return None


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class HomeLock:
    """At most one supervisor per home. The system frees the lock when its holder dies, however it dies."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Raises `StackError` if another supervisor holds it."""
        try:
            file = self._home.lock_file.open("a", encoding="ascii")
        except OSError as error:
            raise StackError(
                f"the home folder {self._home.path} cannot be written to ({error.strerror})",
                hint="does it belong to another user? set HUIYIN_HOME to a folder of your own",
            ) from None
        if not wait_for(lambda: _lock(file) or running_supervisor(self._home) is not None, _DYING_S) or not _lock(file):
            file.close()
            holder = running_supervisor(self._home)
            raise StackError(f"already up (pid {holder.pid if holder else 'unknown'}): huiyin status | huiyin down")
        self._file = file
        record_of(SUPERVISOR, os.getpid()).write(self._home.run)

    def release(self) -> None:
        """Free it; that it is not held is no error."""
        if self._file is not None:
            forget(SUPERVISOR, self._home.run)
            self._file.close()
            self._file = None


class Supervisor:
    """The children, in two groups: the servers (broker, database) outlive the services."""

    def __init__(self, home: Home, state: StackState, *, scaled: bool) -> None:
        self._home = home
        self._state = state
        self._scaled = scaled
        self._servers: list[Child] = []
        self._services: list[Child] = []
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._hurry = False
        self._recording: Recording | None = None
        self._keeper = threading.Thread(target=self._keep_house, name="housekeeping", daemon=True)
        self._keeper.start()

    def add_server(self, part: Part) -> Child:
        """Start a broker or database."""
        return self._add(part, self._servers)

    def add_service(self, part: Part) -> Child:
        """Start a service."""
        return self._add(part, self._services)

    def add_recording(self, recording: Recording) -> None:
        """Keep a recording of Java's cache for later: `start_recording` starts it, `stop` gives it up."""
        self._recording = recording

    def start_recording(self) -> None:
        """Start what `add_recording` gave, if anything."""
        if self._recording is not None:
            self._recording.start()

    def update(self, state: StackState) -> None:
        """Replace what `state.json` holds, but for the processes, which it knows itself."""
        self._state = state
        self.write_state()

    def state(self) -> StackState:
        """What runs now."""
        return replace(self._state, processes=tuple(child.state() for child in self._children()))

    def memory(self) -> dict[str, int]:
        """Bytes of memory by process name."""
        return {child.part.name: child.memory() for child in self._children()}

    def write_state(self) -> None:
        """Write `state.json`, unless the end has come. A disk that takes no more is no reason to stop supervising."""
        with self._writing:
            if not self._ended.is_set():
                try:
                    self._home.write_state(self.state())
                except OSError:
                    log.warning("state.json could not be written", exc_info=True)

    def hurry(self) -> None:
        """End everything at once, also when `stop` is already waiting for an orderly end."""
        self._hurry = True
        for child in self._children():
            child.ask_to_stop(now=True)

    def stop(self, *, now: bool = False) -> None:
        """Services first, then the servers; returns when all have ended. `now` does not wait for work in hand."""
        self._hurry = self._hurry or now
        if self._recording is not None:
            self._recording.stop()
        for group, grace in ((self._services, SERVICE_GRACE_S), (self._servers, SERVER_GRACE_S)):
            for child in group:
                child.ask_to_stop(now=self._hurry)
            deadline = time.monotonic() + grace
            for child in group:
                child.finish(max(0.5, deadline - time.monotonic()))
            if group is self._services:
                self._end_housekeeping()
        self._home.state_file.unlink(missing_ok=True)

    def _end_housekeeping(self) -> None:
        with self._writing:
            self._ended.set()
        self._keeper.join(5.0)
        if self._scaled:
            save_last(self._home, running=False)

    def _children(self) -> list[Child]:
        return [*self._servers, *self._services]

    def _add(self, part: Part, group: list[Child]) -> Child:
        child = Child(part, log=self._home.log(part.name), records=self._home.run, changed=self.write_state)
        group.append(child)
        child.start()
        return child

    def _keep_house(self) -> None:
        trimmed = time.monotonic()
        while not self._ended.wait(SAVE_EVERY_S):
            try:
                if self._scaled:
                    save_last(self._home, running=True)
                if time.monotonic() - trimmed > _TRIM_EVERY_S:
                    trimmed = time.monotonic()
                    for child in self._children():
                        trim_log(self._home.log(child.part.name))
            except (OSError, HuiyinError):
                # a full disk must not end the supervisor: it tries again in a second
                log.warning("the supervisor could not write to the home folder", exc_info=True)
