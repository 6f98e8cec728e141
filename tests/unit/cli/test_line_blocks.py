"""Blocks of lines out of a pipe: all bytes in order, whole lines, and no line without bounds."""

from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from huiyin.cli.sla import line_blocks
from huiyin.cli.sla.line_blocks import BLOCK, blocks, is_waiting, write


def through_a_pipe(pieces: list[bytes]) -> list[bytes | None]:
    reading, writing = os.pipe()

    def feed() -> None:
        for piece in pieces:
            write(writing, piece)
        os.close(writing)

    feeder = threading.Thread(target=feed)
    feeder.start()
    try:
        return list(blocks(reading))
    finally:
        feeder.join()
        os.close(reading)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([b"", b"\n", b"a", b"line\n", b"\r\n", b"half", b"x" * 70_000, b"\xff\n"]), max_size=12)
)
def test_blocks_hold_the_lines_as_they_came(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)

    lines = [line for block in through_a_pipe(pieces) for line in (block or b"").split(b"\n") if line]

    assert lines == [line for line in whole.split(b"\n") if line]


def test_long_input_comes_in_blocks_of_bounded_size() -> None:
    came = through_a_pipe([b"0123456789abcde\n" * 200_000])

    assert b"\n".join(block or b"" for block in came).count(b"0123456789abcde") == 200_000
    assert max(len(block or b"") for block in came) <= BLOCK + 16


@pytest.mark.parametrize("length", [1_001, 5_000, 3 * BLOCK, 3 * BLOCK + 1])
@pytest.mark.parametrize("end", [b"\n", b""])
def test_a_line_that_is_too_long_is_one_none_in_its_place(
    monkeypatch: pytest.MonkeyPatch, length: int, end: bytes
) -> None:
    monkeypatch.setattr(line_blocks, "LONGEST_LINE", 1_000)
    reading, writing = os.pipe()
    came: list[bytes | None] = []
    reader = threading.Thread(target=lambda: came.extend(blocks(reading)))
    reader.start()
    write(writing, b"before\n" + b"x" * length)
    write(writing, end + (b"after\nlast" if end else b""))
    os.close(writing)
    reader.join()
    os.close(reading)

    lines = [line for block in came for line in ([None] if block is None else block.split(b"\n")) if line != b""]
    assert [line if line is None or len(line) < 99 else None for line in lines] == (
        [b"before", None, b"after", b"last"] if end else [b"before", None]
    )


def test_the_end_of_input_counts_as_something_to_read() -> None:
    reading, writing = os.pipe()
    assert not is_waiting(reading)
    os.close(writing)
    assert is_waiting(reading)
    os.close(reading)
