"""Events as the database holds them: a row of the outbox, or many in a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

Row = tuple[UUID, UUID, int, str, str, str | None, str | None, bytes, datetime]
"""event_id, case_id, sequence, topic, type, department, traceparent, value (the record's bytes), emitted_at (aware)."""

COLUMNS = ("event_id", "case_id", "sequence", "topic", "type", "department", "traceparent", "value", "emitted_at")
"""The columns of `outbox` that a `Row` is made of, in its order. The row's id is the database's to give."""

VALUE: Final = 7


@dataclass(frozen=True, slots=True)
class Bundle:
    """Events of one topic in one row: what is sent of each. They have no department and no trace."""

    id: int
    topic: str
    event_ids: Sequence[UUID]
    case_ids: Sequence[UUID]
    types: Sequence[str]
    records: Sequence[bytes]
