"""Lines from one file descriptor to another, in blocks: what is there is answered at once, so a caller may converse."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

BLOCK = 1 << 18
"""Bytes in a block at most, but for its last line."""

LONGEST_LINE = 1 << 22
"""Bytes in a line at most."""


def blocks(source: int) -> Iterator[bytes | None]:
    """Blocks of whole lines (the last one perhaps without line end); None stands for one line that is too long.

    A block holds what can be read without waiting, up to `BLOCK`; whoever asks for the next may wait for input.
    """
    rest: list[bytes] = []
    length, skipping = 0, False
    while chunk := _read(source):
        complete, newline, tail = chunk.rpartition(b"\n")
        if newline:
            if skipping:
                complete = complete.partition(b"\n")[2]
                skipping = False
            if complete or rest:
                yield b"".join((*rest, complete))
            rest, length = [], 0
        if skipping:
            continue
        rest.append(tail)
        length += len(tail)
        if length > LONGEST_LINE:
            yield None
            rest, length, skipping = [], 0, True
    if rest:
        yield b"".join(rest)


def is_waiting(source: int) -> bool:
    """Whether there is something to read, or the end of it."""
    return bool(select.select([source], [], [], 0)[0])


def write(target: int, content: bytes) -> None:
    """Write all of it; raises `BrokenPipeError` if nobody reads any more."""
    view = memoryview(content)
    while view:
        view = view[os.write(target, view) :]


def _read(source: int) -> bytes:
    """What is there, at least one byte unless the input has ended."""
    chunk = os.read(source, BLOCK)
    if not chunk or len(chunk) == BLOCK or not is_waiting(source):
        return chunk
    parts, length = [chunk], len(chunk)
    while length < BLOCK and is_waiting(source) and (chunk := os.read(source, BLOCK - length)):
        parts.append(chunk)
        length += len(chunk)
    return b"".join(parts)
