"""An event as the outbox holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

Row = tuple[UUID, UUID, int, str, str, str | None, str | None, bytes, datetime]
"""event_id, case_id, sequence, topic, type, department, traceparent, value (the record's bytes), said_at (aware)."""

COLUMNS = ("event_id", "case_id", "sequence", "topic", "type", "department", "traceparent", "value", "said_at")
"""The columns of `outbox` that a `Row` is made of, in its order. The row's id is the database's to give."""

VALUE: Final = 7
