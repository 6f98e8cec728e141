"""Plays many cases: in this process, or in several at once. Either way the outcomes come in the order of the cases."""

from __future__ import annotations

import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from itertools import chain, islice

from huiyin.importing.columns import Reason
from huiyin.replay.playing import Occurred, Outcome, Replay
from shared.business_time.calendars import Calendar
from shared.errors import HuiyinError, Unavailable
from shared.procedures.model import Procedure

Story = list[Occurred]
Answer = list[Outcome] | Reason
"""What became of a case, or why it cannot be computed."""

_WORTH_IT = 5_000
"""Cases from which on starting processes (about a second) is worth it."""
_CHUNK = 500

_replay: Replay | None = None  # in a worker process: what it plays with


def fitting(cases: int) -> int:
    """How many processes so many cases are worth on this machine."""
    return (os.cpu_count() or 1) if cases >= _WORTH_IT else 1


def answers(
    procedure: Procedure,
    calendars: Mapping[str, Calendar],
    until: datetime,
    stories: Iterable[Story],
    workers: int,
) -> Iterator[Answer]:
    """Play each story; `workers` processes beside this one, or none for 1.

    Raises `Unavailable` if one of them is ended from outside.
    """
    if workers == 1:
        replay = Replay(procedure, calendars, until)
        yield from (_answer(replay, story) for story in stories)
        return
    rest = iter(stories)
    # a plain fork would copy the threads of the progress bar half; a fork server imports once for all
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(workers, context, _begin, (procedure, dict(calendars), until)) as pool:
        ahead: deque[Future[list[Answer]]] = deque()
        try:
            while chunk := list(islice(rest, _CHUNK)):
                ahead.append(pool.submit(_play, chunk))
                if len(ahead) > 2 * workers:
                    yield from ahead.popleft().result()
            yield from chain.from_iterable(one.result() for one in ahead)
        except BrokenProcessPool:
            raise Unavailable(
                "a process of the replay has ended too early", hint="try again with --workers 1"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(procedure: Procedure, calendars: Mapping[str, Calendar], until: datetime) -> None:
    global _replay
    _replay = Replay(procedure, calendars, until)


def _play(stories: list[Story]) -> list[Answer]:
    assert _replay is not None  # noqa: S101  # the pool begins every process with `_begin`
    return [_answer(_replay, story) for story in stories]


def _answer(replay: Replay, story: Story) -> Answer:
    try:
        return replay.outcomes(story)
    except HuiyinError as error:  # so far away that no calendar reaches it
        return Reason(None, error.code, error.message)
