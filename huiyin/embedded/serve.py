"""Run the stack until a signal ends it: in the foreground with a display, or behind, reporting once.

The first SIGINT (Ctrl-C), SIGTERM or SIGHUP (the terminal was closed) ends everything in order; a second one, or
SIGQUIT, ends it at once. A display that cannot be written to any more ends it too.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType

from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.home import Home
from huiyin.embedded.up import Options, Running, start

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


class _Ending(BaseException):
    """A signal came while the stack was starting."""


class _Signals:
    """Remembers what was asked; a running stack is hurried from here, because the main thread may be waiting."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.now = False
        self.starting = True
        self.running: Running | None = None

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        again = self.asked.is_set()
        self.asked.set()
        self.now = self.now or again or number == signal.SIGQUIT
        if self.now and self.running is not None:
            self.running.supervisor.hurry()
        elif self.starting and not again:
            raise _Ending


def serve(
    home: Home,
    options: Options,
    environment: StackEnvironment,
    *,
    started: Callable[[Running], None],
    show: Callable[[Running, threading.Event], None],
    stopping: Callable[[], None],
) -> None:
    """Start, call `started`, `show` until a signal has come, then `stopping` and stop. Must run in the main thread.

    `show` returns when the event is set. Raises `StackError` as `start` does.
    """
    signals = _Signals()
    before = {number: signal.signal(number, signals) for number in SIGNALS}
    try:
        running = start(home, options, environment)
        signals.running = running
        signals.starting = False
        try:
            if not signals.asked.is_set():
                started(running)
                show(running, signals.asked)
        finally:
            try:
                stopping()
            finally:
                running.stop(now=signals.now)
    except _Ending:
        stopping()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wait_for_end(_running: Running, asked: threading.Event) -> None:
    """The `show` of a supervisor that nobody watches."""
    asked.wait()
