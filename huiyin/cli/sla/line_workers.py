"""Blocks of lines answered by several processes, the answers in order.

One process answers until there is much to do; then helpers join it. Nothing depends on them: a block whose helper was
killed is answered here. They end with this process, however it ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import wait

_MUCH = 1 << 21
"""Bytes after which helpers are called: with less they would come too late."""

_LARGE = 1 << 15
"""Bytes of a block that is worth handing over."""

_AHEAD = 3
"""Blocks at each helper, those that wait included."""

_MOST_BLOCKS = 32
"""Blocks in memory at most."""

Block = bytes | None
Answer = Callable[[Block], bytes]


@dataclass(frozen=True, slots=True)
class _Task:
    """A block, and its answers or the promise of them."""

    block: Block
    answers: bytes | Future[bytes]

    def is_done(self) -> bool:
        return isinstance(self.answers, bytes) or self.answers.done()


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def answered(blocks: Iterable[Block], answer: Answer, *, processes: int, more: Callable[[], bool]) -> Iterator[bytes]:
    """The answers to all blocks, in order.

    `answer` is a function of a module, for helpers call it too. `more`: whether the next block can be had without
    waiting: if not, all answers are given before it is asked for.
    """
    helpers = _Helpers(answer, processes - 1)
    tasks: deque[_Task] = deque()
    try:
        for block in blocks:
            tasks.append(_Task(block, helpers.take(block, tasks) or answer(block)))
            while tasks and (tasks[0].is_done() or len(tasks) >= _MOST_BLOCKS or not more()):
                yield _result(tasks.popleft(), answer)
        while tasks:
            yield _result(tasks.popleft(), answer)
    finally:
        helpers.dismiss()


class _Helpers:
    """Other processes, none until much has been asked; none again once one of them was lost."""

    def __init__(self, answer: Answer, count: int) -> None:
        self._answer = answer
        self._count = count
        self._asked = 0
        self._pool: ProcessPoolExecutor | None = None

    def take(self, block: Block, tasks: Iterable[_Task]) -> Future[bytes] | None:
        """Hand a block over, unless there is nobody free to take it or it is not worth it."""
        if block is None or self._count < 1:
            return None
        self._asked += len(block)
        under_way = sum(not task.is_done() for task in tasks)
        if self._asked < _MUCH or len(block) < _LARGE or under_way >= self._count * _AHEAD:
            return None
        try:
            if self._pool is None:
                self._pool = ProcessPoolExecutor(self._count, initializer=_begin)
            return self._pool.submit(self._answer, block)
        except (BrokenProcessPool, OSError):
            self._count = 0
            return None

    def dismiss(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _result(task: _Task, answer: Answer) -> bytes:
    if isinstance(task.answers, bytes):
        return task.answers
    try:
        return task.answers.result()
    except BrokenProcessPool:
        return answer(task.block)


def _begin() -> None:
    """In a helper: an interrupt is the business of the first process, whose end is the helper's end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
