"""A registered complaint as it stands: ids and coded values, nothing that a person typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands. Instants are UTC.

    `kept_until`: then the vault's part of it is destroyed, which it was at `erased_at`.
    """

    id: UUID
    procedure: str
    procedure_version: int
    number: str
    channel: str
    language: str
    received_at: datetime
    registered_at: datetime
    attributes: dict[str, Any]
    missing: list[str]
    status: str
    class_: str | None
    department: str | None
    level: str | None
    admitted_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    merged_into: UUID | None
    receipt_hash: bytes
    rule: str | None
    decided_by: str | None
    document_numbers: dict[str, str]
    kept_until: datetime | None = None
    erased_at: datetime | None = None

    @property
    def pin(self) -> tuple[str, int]:
        """The procedure and version that it is pinned to."""
        return (self.procedure, self.procedure_version)

    @property
    def handlers(self) -> tuple[str, ...]:
        """The offices that have it: its department, and the level that it is on."""
        return tuple(one for one in (self.department, self.level) if one)
