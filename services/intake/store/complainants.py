"""Who complained how often: cases by the keyed hash of their complainant. No identity is opened for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.security.acting import HIDDEN_SQL

_SAVE = text("UPDATE cases SET complainant = :complainant WHERE id = :id")
# The cases of the answer are those of the window, the latest first and at most so many of each complainant.
_REPEATED = text(
    """
    SELECT procedure, complainant, count(*) AS cases, count(*) FILTER (WHERE status <> ALL(:ending)) AS open,
        min(received_at) AS first_at, max(received_at) AS last_at,
        (array_agg(id ORDER BY received_at DESC, id))[1:CAST(:shown AS int)] AS case_ids
    FROM cases
    WHERE complainant IS NOT NULL AND received_at > :since AND received_at <= :until
        AND (CAST(:procedure AS text) IS NULL OR procedure = :procedure) AND NOT {hidden}
    GROUP BY procedure, complainant
    HAVING count(*) >= :at_least
    ORDER BY cases DESC, last_at DESC, complainant
    LIMIT :limit
    """.replace("{hidden}", HIDDEN_SQL)
)
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class RepeatedComplainant:
    """How many cases of a procedure one complainant has within a window. `open`: not ended; `case_ids`: the latest."""

    procedure: str
    complainant: str
    cases: int
    open: int
    first_at: datetime
    last_at: datetime
    case_ids: list[UUID]


async def save(tx: AsyncConnection, case_id: UUID, complainant: str | None) -> None:
    """Write who complained, as a keyed hash."""
    await tx.execute(_SAVE, {"id": case_id, "complainant": complainant})


async def repeated(
    connection: AsyncConnection,
    *,
    since: datetime,
    until: datetime,
    at_least: int,
    procedure: str | None,
    ending: list[str],
    acting: Mapping[str, Sequence[str]],
    limit: int,
) -> list[RepeatedComplainant]:
    """Complainants with so many cases received after `since` and until `until`, the largest number first."""
    given = {
        "since": since, "until": until, "at_least": at_least, "procedure": procedure, "ending": ending,
        "shown": _SHOWN, "limit": limit, "acting": json.dumps(acting),
    }  # fmt: skip
    return [RepeatedComplainant(**row) for row in (await connection.execute(_REPEATED, given)).mappings()]
