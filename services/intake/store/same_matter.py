"""Links between cases that officers made: each stands twice, once from either side."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.security.acting import HIDDEN_SQL, own_offices

_OF_CASE = text(
    """
    SELECT other_id, linked_by, linked_at FROM case_links JOIN cases ON cases.id = case_links.other_id
    WHERE case_id = :case_id AND NOT {hidden} ORDER BY linked_at, other_id
    """.replace("{hidden}", HIDDEN_SQL)
)
_PUT = text(
    """
    INSERT INTO case_links (case_id, other_id, linked_by, linked_at)
    VALUES (:case_id, :other_id, :by, :at), (:other_id, :case_id, :by, :at)
    """
)
_DROP = text("DELETE FROM case_links WHERE (case_id, other_id) IN ((:case_id, :other_id), (:other_id, :case_id))")


@dataclass(frozen=True, slots=True)
class Link:
    """A case that is the same matter, by which office, and since when."""

    other_id: UUID
    linked_by: str
    linked_at: datetime


async def links_of(connection: AsyncConnection, case_id: UUID, grants: Collection[str]) -> list[Link]:
    """The cases that are linked with a case, in the order in which they were; without those that are hidden from
    whoever holds these grants."""
    given = {"case_id": case_id, "acting": json.dumps(own_offices(grants))}
    return [Link(**row) for row in (await connection.execute(_OF_CASE, given)).mappings()]


async def put(tx: AsyncConnection, case_id: UUID, link: Link) -> None:
    """Write a link, from both sides."""
    given = {"case_id": case_id, "other_id": link.other_id, "by": link.linked_by, "at": link.linked_at}
    await tx.execute(_PUT, given)


async def drop(tx: AsyncConnection, case_id: UUID, other_id: UUID) -> None:
    """Delete a link, from both sides."""
    await tx.execute(_DROP, {"case_id": case_id, "other_id": other_id})
