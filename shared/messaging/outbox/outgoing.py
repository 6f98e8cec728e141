"""What goes to the broker: one record each, made of an outbox row or of a place in a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

from shared.events.envelope import CONTENT_TYPE
from shared.messaging.outbox.rows import Bundle, Row

OutgoingRecord = tuple[int, int, str, bytes, list[tuple[str, bytes]], bytes]
"""page and id (in `unpublished`: an outbox row's, or a bundle's place), topic, key, headers, value."""

PAGE: Final = 0
ID: Final = 1
TOPIC: Final = 2
KEY: Final = 3
HEADERS: Final = 4
VALUE: Final = 5

_CONTENT_TYPE = ("content-type", CONTENT_TYPE.encode())


def of_row(page: int, id_: int, row: Row) -> OutgoingRecord:
    """The record of an outbox row."""
    headers = [_CONTENT_TYPE, _type(row[4]), ("ce_id", str(row[0]).encode())]
    if row[5]:
        headers.append(("department", row[5].encode()))
    if row[6]:
        headers.append(("traceparent", row[6].encode()))
    return (page, id_, row[3], str(row[1]).encode(), headers, row[7])


def of_bundle(page: int, places: Sequence[int], bundle: Bundle) -> list[OutgoingRecord]:
    """The records of these places of a bundle, in their order."""
    topic, events, cases, types, records = (
        bundle.topic, bundle.event_ids, bundle.case_ids, bundle.types, bundle.records,
    )  # fmt: skip
    return [
        (
            page,
            place,
            topic,
            str(cases[place - 1]).encode(),
            [_CONTENT_TYPE, _type(types[place - 1]), ("ce_id", str(events[place - 1]).encode())],
            records[place - 1],
        )
        for place in places
    ]


@cache
def _type(name: str) -> tuple[str, bytes]:
    return ("ce_type", name.encode())
