"""What was just appended to the outbox, kept in memory for the relay of the same process to send.

It saves the relay the way back to the database, and nothing rests on it: what is not here is read from the outbox, and
what was rolled back is never asked for, because its id never comes to stand in `unpublished`. A process whose relay
does not publish, because another one holds the lock, keeps none.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.messaging.outbox.rows import VALUE, Bundle, Row

EVENTS = 20_000
BYTES = 32 * 1024 * 1024
"""Of the values; about as much again goes for the rest of an event."""


class OutboxCache:
    """Rows by their id in the outbox, and bundles; at most `events` events with `most` bytes of values."""

    def __init__(self, *, events: int = EVENTS, most: int = BYTES) -> None:
        self._events = events
        self._most = most
        self._rows: dict[int, Row] = {}
        self._bundles: dict[int, Bundle] = {}
        self._count = 0
        self._bytes = 0
        self._passed = 0

    def __len__(self) -> int:
        return self._count

    def put(self, ids: Sequence[int], rows: Sequence[Row]) -> None:
        """Keep rows until they are taken. When it is full, what comes is left out and what is there stays, because the
        relay sends the oldest first; but what the relay has gone past without asking for it (a transaction that failed,
        or is late) makes room."""
        if self._has_room(len(rows), sum(len(row[VALUE]) for row in rows)):
            self._rows.update(zip(ids, rows, strict=True))

    def put_bundle(self, bundle: Bundle) -> None:
        """Keep a bundle until it is taken, as `put` does."""
        if self._has_room(len(bundle.records), sum(map(len, bundle.records))):
            self._bundles[bundle.id] = bundle

    def take(self, ids: Sequence[int]) -> dict[int, Row]:
        """Those of the rows that are here; they are here no more."""
        found = {id_: row for id_ in ids if (row := self._rows.pop(id_, None)) is not None}
        self._count -= len(found)
        self._bytes -= sum(len(row[VALUE]) for row in found.values())
        self._passed = max(self._passed, *ids, 0)
        return found

    def take_bundle(self, id_: int) -> Bundle | None:
        """The bundle, if it is here; it is here no more."""
        found = self._bundles.pop(id_, None)
        if found is not None:
            self._count -= len(found.records)
            self._bytes -= sum(map(len, found.records))
        self._passed = max(self._passed, id_)
        return found

    def _has_room(self, more: int, size: int) -> bool:
        """Whether so much can be kept; if so, it is counted."""
        if self._full(more, size):
            self._forget_passed()
            if self._full(more, size):
                return False
        self._count += more
        self._bytes += size
        return True

    def _full(self, more: int, size: int) -> bool:
        return self._count + more > self._events or self._bytes + size > self._most

    def _forget_passed(self) -> None:
        self._rows = {id_: row for id_, row in self._rows.items() if id_ > self._passed}
        self._bundles = {id_: bundle for id_, bundle in self._bundles.items() if id_ > self._passed}
        bundled = [bundle.records for bundle in self._bundles.values()]
        self._count = len(self._rows) + sum(map(len, bundled))
        self._bytes = sum(len(row[VALUE]) for row in self._rows.values())
        self._bytes += sum(len(record) for records in bundled for record in records)
