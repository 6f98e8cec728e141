"""Several processes answer: every block, in order, whoever answered it and whoever was lost."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from huiyin.cli.sla.line_workers import answered
from tests.unit.cli.answering import FIRST_PROCESS, upper, upper_or_die, who

LARGE = 1 << 17


def numbered(count: int) -> Iterator[bytes]:
    return (f"block {index} ".encode() * (LARGE // 8) for index in range(count))


def always() -> bool:
    return True


def never() -> bool:
    return False


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("more", [always, never])
def test_all_blocks_are_answered_in_order(processes: int, more: Callable[[], bool]) -> None:
    answers = answered(numbered(60), upper, processes=processes, more=more)

    assert list(answers) == [block.upper() for block in numbered(60)]


def test_small_blocks_and_lines_that_are_too_long_keep_their_places_among_large_ones() -> None:
    given = [block for large in numbered(60) for block in (large, b"small", None)]

    assert list(answered(given, upper, processes=2, more=always)) == [upper(block) for block in given]


def test_helpers_that_are_killed_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FIRST_PROCESS, str(os.getpid()))

    answers = answered(numbered(80), upper_or_die, processes=3, more=always)

    assert list(answers) == [block.upper() for block in numbered(80)]


def test_helpers_answer_long_input_and_only_that() -> None:
    this = str(os.getpid()).encode()

    assert set(answered(numbered(4), who, processes=2, more=always)) == {this}
    assert set(answered((b"small" for _ in range(99)), who, processes=2, more=always)) == {this}
    assert set(answered(numbered(80), who, processes=1, more=always)) == {this}
    assert len(set(answered(numbered(80), who, processes=2, more=always))) == 2


def test_where_input_pauses_nothing_is_kept_back() -> None:
    given = answers_when_asked = 0

    def blocks() -> Iterator[bytes]:
        nonlocal given
        for block in numbered(60):
            assert answers_when_asked == given
            given += 1
            yield block

    for _ in answered(blocks(), upper, processes=2, more=never):
        answers_when_asked += 1

    assert answers_when_asked == 60


def test_whoever_wants_no_more_answers_is_left_with_no_helpers() -> None:
    import multiprocessing

    before = set(multiprocessing.active_children())
    answers = answered(numbered(1_000), upper, processes=2, more=always)
    for _ in range(40):
        next(answers)
    answers.close()  # type: ignore[attr-defined]  # a generator

    assert set(multiprocessing.active_children()) <= before
