"""Java's ahead-of-time cache for the broker: recorded once per machine, it saves two seconds a start.

`make install` records it; where it is missing later (a new runtime, other flags) a running stack does, behind it.

The cache is only used with the runtime of the wheel, whose version is known to have it. Java itself checks that a cache
fits its version, flags and jars, and starts without it if not. A machine that never records one only starts slower.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from huiyin.embedded.broker import kafka
from huiyin.embedded.home import Home
from huiyin.embedded.ports import LOOPBACK, free_port
from huiyin.embedded.processes.process import end_group, forget, spawn, wait_for
from shared.errors import HuiyinError

NAME = "kafka-aot"
WHEEL_FLAGS = ("--sun-misc-unsafe-memory-access=allow",)
"""For the wheel's runtime only (older ones do not know it): do not print a warning about Kafka's use of memory."""
SETTLE_S = 20.0
"""Recording begins this long after the stack is ready, so that short runs and first impressions are left alone."""
_READY_S = 120.0
_ASSEMBLY_S = 300.0
_KEPT = 3

log = logging.getLogger(__name__)


def cache_file(folder: Path, java: Path, jars: Sequence[Path]) -> Path:
    """Where the cache for this runtime, these jars and our flags is, or would be."""
    parts = [str(flag) for flag in (*kafka.JVM_FLAGS, *WHEEL_FLAGS)]
    for path in (java.resolve(), *jars):
        status = path.stat()
        parts.append(f"{path}:{status.st_size}:{status.st_mtime_ns}")
    return folder / f"kafka-{hashlib.sha256(chr(10).join(parts).encode()).hexdigest()[:16]}.aot"


def flags(cache: Path) -> tuple[str, ...]:
    """Flags of the wheel's runtime: with the cache if it has been recorded."""
    return (*WHEEL_FLAGS, f"-XX:AOTCache={cache}") if cache.exists() else WHEEL_FLAGS


class Recording:
    """Records the cache with a second broker on scratch data, at the lowest priority, unless it is stopped before."""

    def __init__(self, home: Home, *, java: Path, jars: Sequence[Path], cache: Path) -> None:
        self._home = home
        self._java = java
        self._jars = jars
        self._cache = cache
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name=NAME, daemon=True)

    def start(self) -> None:
        """Begin in the background, and let no failure be seen but in the log."""
        self._thread.start()

    def stop(self) -> None:
        """Give up; nothing is left behind."""
        self._stopping.set()
        if self._process is not None:
            end_group(self._process.pid, signal.SIGKILL)
        if self._thread.is_alive():
            self._thread.join(10.0)

    def _run(self) -> None:
        if not self._stopping.wait(SETTLE_S):
            self.record()

    def record(self) -> None:
        """Record now, in this thread. A failure is only logged: the broker starts without the cache too."""
        self._cache.parent.mkdir(parents=True, exist_ok=True)
        with (self._cache.parent / "recording.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # another home on this machine records it already
            with tempfile.TemporaryDirectory(dir=self._cache.parent, prefix="scratch-") as scratch:
                try:
                    self._record(Home(Path(scratch)))
                except (OSError, HuiyinError):
                    log.warning("Java's cache for the broker could not be recorded", exc_info=True)

    def _record(self, scratch: Home) -> None:
        scratch.create()
        draft = scratch.path / "draft.aot"
        port = free_port()
        command = kafka.prepare(
            scratch,
            java=self._java,
            jars=self._jars,
            port=port,
            controller_port=free_port([port]),
            flags=(*WHEEL_FLAGS, f"-XX:AOTCacheOutput={draft}"),
        )
        if self._stopping.is_set():
            return
        polite = replace(command, arguments=["nice", "-n", "19", *command.arguments])
        process = spawn(NAME, polite, log=self._home.log(NAME), records=self._home.run)
        self._process = process
        try:
            address = f"{LOOPBACK}:{port}"
            wait_for(lambda: self._over(process) or kafka.answers(address), _READY_S, interval_s=0.5)
            process.terminate()  # Java writes the cache when it ends
            wait_for(lambda: self._over(process), _ASSEMBLY_S, interval_s=0.5)
            if not self._stopping.is_set() and process.poll() is not None and draft.exists():
                os.replace(draft, self._cache)
                self._remove_old()
        finally:
            end_group(process.pid, signal.SIGKILL)
            process.wait()
            forget(NAME, self._home.run)
            shutil.rmtree(scratch.kafka, ignore_errors=True)

    def _over(self, process: subprocess.Popen[bytes]) -> bool:
        return self._stopping.is_set() or process.poll() is not None

    def _remove_old(self) -> None:
        caches = sorted(self._cache.parent.glob("kafka-*.aot"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in caches[_KEPT:]:
            old.unlink(missing_ok=True)
