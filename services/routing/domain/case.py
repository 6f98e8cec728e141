"""A case as routing keeps it: where it stands, its facts and its occurrences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from services.routing.domain.award import CaseAward
from services.routing.domain.report import WaitingReport

Status = Literal["registered", "assigned", "resolved", "closed", "ended"]
"""registered: not yet admitted; assigned: being handled; ended: refused, merged, withdrawn or passed on."""

FINISHED: frozenset[Status] = frozenset(("closed", "ended"))
"""Nothing is counted or judged any more."""


@dataclass(frozen=True)
class Occurrence:
    """An occurrence of this case. `cycle` is the cycle in which it happened.

    `by` and `persons` are the office, and who of it, that reported it.
    """

    name: str
    at: datetime
    cycle: int
    by: str | None = None
    persons: tuple[str, ...] = ()


@dataclass(frozen=True)
class CountedMatter:
    """What a case is counted under: keyed hashes of the matter, and of who raised it where that is known."""

    key: str
    complainant: str | None = None


@dataclass(frozen=True)
class Case:
    """One case. Instants are UTC; `facts` hold coded values only.

    `assisting` are the departments that work on it with `department`; `awards` what was suggested, the oldest first;
    `waiting` the reports that came before what they depend on; `matters` what it is counted under, by count;
    `recused` the offices that it is about: it is hidden from them, and none of them is given it.
    """

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
    assisting: tuple[str, ...] = ()
    awards: tuple[CaseAward, ...] = ()
    waiting: tuple[WaitingReport, ...] = ()
    matters: Mapping[str, CountedMatter] = field(default_factory=dict)
    recused: tuple[str, ...] = ()

    def conditions(self) -> dict[str, Any]:
        """The facts that conditions read, milestones of the present cycle among them."""
        return {
            **self.facts,
            **{f"count.{name}": n for name, n in self.counts.items()},
            **{f"reached:{past.name}": True for past in self.occurrences if past.cycle == self.cycle},
            "assisting": self.assisting,
            "class": self.class_,
            "department": self.department,
            "level": self.level,
            "cycle": self.cycle,
        }

    def has_occurred(self, name: str) -> bool:
        """Whether the occurrence happened in the present cycle."""
        return any(past.name == name and past.cycle == self.cycle for past in self.occurrences)

    def ever_occurred(self, name: str) -> bool:
        """Whether the occurrence happened in any cycle."""
        return any(past.name == name for past in self.occurrences)

    def documents(self) -> frozenset[str]:
        """The names of the documents that are in the vault, in whatever cycle they came."""
        word = "documented:"
        return frozenset(past.name.removeprefix(word) for past in self.occurrences if past.name.startswith(word))

    def with_occurrences(
        self, names: tuple[str, ...], at: datetime, by: str | None = None, persons: tuple[str, ...] = ()
    ) -> Case:
        """The case after an occurrence under all its names."""
        added = tuple(Occurrence(name, at, self.cycle, by, persons) for name in names)
        return replace(self, occurrences=self.occurrences + added)
