"""What is emitted and not published yet: read by the relay, page by page, and taken off once the broker has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.messaging.outbox import outgoing
from shared.messaging.outbox.cache import OutboxCache
from shared.messaging.outbox.outgoing import ID, PAGE, OutgoingRecord
from shared.messaging.outbox.rows import COLUMNS, Bundle, Row

_PAGES = text(
    """
    WITH gone AS (DELETE FROM unpublished WHERE page = ANY(:done))
    SELECT page, ids, bundle FROM unpublished WHERE page <> ALL(:out) ORDER BY page LIMIT :pages
    """
)
_ROWS = text(f"SELECT id, {', '.join(COLUMNS)} FROM outbox WHERE id = ANY(:ids)")  # noqa: S608  (names of columns)
_BUNDLES = text("SELECT id, topic, event_ids, case_ids, types, records FROM bundles WHERE id = ANY(:ids)")
_DONE = text("DELETE FROM unpublished WHERE page = ANY(:done)")
_REST = text("UPDATE unpublished SET ids = :ids WHERE page = :page")
_SIZE = text(
    """
    WITH first AS (SELECT ids, bundle FROM unpublished ORDER BY page LIMIT 1)
    SELECT coalesce(sum(cardinality(ids)), 0) AS events,
        coalesce(
            (SELECT emitted_at FROM bundles WHERE id = (SELECT bundle FROM first)),
            (SELECT min(emitted_at) FROM outbox WHERE id = ANY (CAST((SELECT ids FROM first) AS bigint[])))) AS oldest
    FROM unpublished
    """
)


@dataclass(frozen=True)
class Round:
    """Pages to be sent together (each one's ids), and their records in the order in which they are to be sent. `more`
    if the reading ended at its limit."""

    pages: Mapping[int, Sequence[int]]
    records: Sequence[OutgoingRecord]
    more: bool


NOTHING = Round({}, (), more=False)


async def read(
    connection: AsyncConnection,
    cache: OutboxCache,
    *,
    done: Collection[int],
    flying: Collection[int],
    pages: int,
    ids: int,
) -> Round:
    """Take the pages `done` off, and read the oldest of the others that are not `flying`: up to `pages` pages, and no
    more of them than it takes to reach `ids` ids. A case's pages were made one after the other under its lock, so their
    numbers, which are not in order of commits between cases, are so within each case. A row that somebody removed from
    the outbox by hand is left out, and its id goes with its page.
    """
    given = {"done": list(done), "out": [*done, *flying], "pages": pages}
    found = (await connection.execute(_PAGES, given)).all()
    taken: list[Any] = []
    size = 0
    for page in found:
        if size >= ids:
            break
        taken.append(page)
        size += len(page.ids)
    rows = await _rows(connection, cache, [id_ for page in taken if page.bundle is None for id_ in page.ids])
    bundles = await _bundles(connection, cache, {page.bundle for page in taken if page.bundle is not None})
    read_: list[OutgoingRecord] = []
    for page in taken:
        if page.bundle is None:
            read_ += [outgoing.of_row(page.page, id_, rows[id_]) for id_ in page.ids if id_ in rows]
        elif page.bundle in bundles:
            read_ += outgoing.of_bundle(page.page, page.ids, bundles[page.bundle])
    more = len(taken) < len(found) or len(found) == pages
    return Round({page.page: page.ids for page in taken}, read_, more)


async def _rows(connection: AsyncConnection, cache: OutboxCache, wanted: Sequence[int]) -> dict[int, Row]:
    rows = cache.take(wanted)
    missing = [id_ for id_ in wanted if id_ not in rows]
    if missing:
        rows |= {row[0]: tuple(row[1:]) for row in await connection.execute(_ROWS, {"ids": missing})}
    return rows


async def _bundles(connection: AsyncConnection, cache: OutboxCache, wanted: Iterable[int]) -> dict[int, Bundle]:
    bundles = {id_: bundle for id_ in wanted if (bundle := cache.take_bundle(id_)) is not None}
    missing = [id_ for id_ in wanted if id_ not in bundles]
    if missing:
        bundles |= {row.id: Bundle(*row) for row in await connection.execute(_BUNDLES, {"ids": missing})}
    return bundles


async def take_off(connection: AsyncConnection, pages: Collection[int]) -> None:
    """Take whole pages off."""
    await connection.execute(_DONE, {"done": list(pages)})


async def take_off_part(connection: AsyncConnection, sent: Round, acknowledged: Collection[OutgoingRecord]) -> None:
    """After a round that failed: take off what was acknowledged, leave the rest of each page for the next time."""
    there: dict[int, set[int]] = defaultdict(set)
    for record in acknowledged:
        there[record[PAGE]].add(record[ID])
    rest = {page: [id_ for id_ in ids if id_ not in there[page]] for page, ids in sent.pages.items()}
    await take_off(connection, [page for page, ids in rest.items() if not ids])
    shorter = [{"page": page, "ids": ids} for page, ids in rest.items() if 0 < len(ids) < len(sent.pages[page])]
    if shorter:
        await connection.execute(_REST, shorter)


async def size(connection: AsyncConnection) -> tuple[int, datetime | None]:
    """How many events wait, and about since when: the oldest of the oldest page; None if none waits."""
    row = (await connection.execute(_SIZE)).one()
    return int(row.events), row.oldest
