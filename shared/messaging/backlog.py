"""What is said and not published yet: read by the relay, page by page, and taken off once the broker has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.hot import HotRows
from shared.messaging.rows import COLUMNS, Row

_PAGES = text(
    """
    WITH gone AS (DELETE FROM unpublished WHERE page = ANY(:done))
    SELECT page, ids FROM unpublished WHERE page <> ALL(:out) ORDER BY page LIMIT :pages
    """
)
_ROWS = text(f"SELECT id, {', '.join(COLUMNS)} FROM outbox WHERE id = ANY(:ids)")  # noqa: S608  (names of columns)
_DONE = text("DELETE FROM unpublished WHERE page = ANY(:done)")
_REST = text("UPDATE unpublished SET ids = :ids WHERE page = :page")
_SIZE = text(
    """
    SELECT coalesce(sum(cardinality(ids)), 0) AS events,
        (SELECT min(said_at) FROM outbox
            WHERE id = ANY (CAST((SELECT ids FROM unpublished ORDER BY page LIMIT 1) AS bigint[]))) AS oldest
    FROM unpublished
    """
)


@dataclass(frozen=True)
class Round:
    """Pages to be sent together, and their rows in the order in which they are to be sent. `more` if the reading ended
    at its limit."""

    pages: Mapping[int, Sequence[int]]
    rows: Sequence[tuple[int, Row]]
    more: bool


NOTHING = Round({}, (), more=False)


async def read(
    connection: AsyncConnection, hot: HotRows, *, done: Collection[int], flying: Collection[int], pages: int, ids: int
) -> Round:
    """Take the pages `done` off, and read the oldest of the others that are not `flying`: up to `pages` pages, and no
    more of them than it takes to reach `ids` ids. A case's pages were made one after the other under its lock, so their
    numbers, which are not in order of commits between cases, are so within each case. A row that somebody removed from
    the outbox by hand is left out, and its id goes with its page.
    """
    given = {"done": list(done), "out": [*done, *flying], "pages": pages}
    found = (await connection.execute(_PAGES, given)).all()
    taken: dict[int, Sequence[int]] = {}
    wanted: list[int] = []
    for page in found:
        if len(wanted) >= ids:
            break
        taken[page.page] = page.ids
        wanted += page.ids
    rows = hot.take(wanted)
    missing = [id_ for id_ in wanted if id_ not in rows]
    if missing:
        rows |= {row[0]: tuple(row[1:]) for row in await connection.execute(_ROWS, {"ids": missing})}
    return Round(
        taken, [(id_, rows[id_]) for id_ in wanted if id_ in rows], len(taken) < len(found) or len(found) == pages
    )


async def take_off(connection: AsyncConnection, sent: Round, acknowledged: Collection[int]) -> None:
    """After a round that failed: take off what was acknowledged, leave the rest of each page for the next time."""
    there = set(acknowledged)
    rest = {page: [id_ for id_ in ids if id_ not in there] for page, ids in sent.pages.items()}
    await connection.execute(_DONE, {"done": [page for page, ids in rest.items() if not ids]})
    shorter = [{"page": page, "ids": ids} for page, ids in rest.items() if 0 < len(ids) < len(sent.pages[page])]
    if shorter:
        await connection.execute(_REST, shorter)


async def size(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many events wait, and about since when: the oldest of the oldest page; None if none waits."""
    row = (await connection.execute(_SIZE)).one()
    return int(row.events), row.oldest
