"""A case as routing keeps it: where it stands, its facts and its occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

Status = Literal["registered", "assigned", "resolved", "closed", "ended"]
"""registered: not yet admitted; assigned: being handled; ended: refused, merged, withdrawn or passed on."""


@dataclass(frozen=True)
class Occurrence:
    """An occurrence of this case. `cycle` is the cycle in which it happened.

    `by` and `person` are the office, and who of it, that reported it.
    """

    name: str
    at: datetime
    cycle: int
    by: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class Case:
    """One case. Instants are UTC; `facts` hold coded values only."""

    id: UUID
    procedure: tuple[str, int]
    status: Status = "registered"
    cycle: int = 1
    class_: str | None = None
    department: str | None = None
    level: str | None = None
    received_at: datetime | None = None
    resolved_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    occurrences: tuple[Occurrence, ...] = ()

    def conditions(self) -> dict[str, Any]:
        """The facts that conditions read, milestones of the present cycle among them."""
        return {
            **self.facts,
            **{f"count.{name}": n for name, n in self.counts.items()},
            **{f"reached:{past.name}": True for past in self.occurrences if past.cycle == self.cycle},
            "class": self.class_,
            "department": self.department,
            "level": self.level,
            "cycle": self.cycle,
        }

    def has_occurred(self, name: str) -> bool:
        """Whether the occurrence happened in the present cycle."""
        return any(past.name == name and past.cycle == self.cycle for past in self.occurrences)

    def with_occurrences(
        self, names: tuple[str, ...], at: datetime, by: str | None = None, person: str | None = None
    ) -> Case:
        """The case after an occurrence under all its names."""
        added = tuple(Occurrence(name, at, self.cycle, by, person) for name in names)
        return replace(self, occurrences=self.occurrences + added)
