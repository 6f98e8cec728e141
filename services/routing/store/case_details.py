"""The `details` of a case: what only decisions read, kept as one JSON document in the case's row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.routing.domain.case import Case, Occurrence


@dataclass(frozen=True)
class CaseDetails:
    """Facts (coded values), counts of duplicates and occurrences of a case."""

    facts: Mapping[str, Any]
    counts: Mapping[str, int]
    occurrences: tuple[Occurrence, ...]

    @classmethod
    def of(cls, case: Case) -> CaseDetails:
        """The details of a case."""
        return cls(case.facts, case.counts, case.occurrences)

    def encode(self) -> str:
        """JSON: `facts`, `counts`, and `reached` as lists of name, instant (ISO 8601), cycle, office and person."""
        reached = [[past.name, past.at.isoformat(), past.cycle, past.by, past.person] for past in self.occurrences]
        document = {"facts": dict(self.facts), "counts": dict(self.counts), "reached": reached}
        return json.dumps(document, ensure_ascii=False)

    @classmethod
    def decode(cls, stored: str | Mapping[str, Any]) -> CaseDetails:
        """Read what `encode` wrote, as text or as the driver's parsed document."""
        document = json.loads(stored) if isinstance(stored, str) else stored
        occurrences = tuple(
            Occurrence(name, datetime.fromisoformat(at), cycle, by, person)
            for name, at, cycle, by, person in document["reached"]
        )
        return cls(document["facts"], document["counts"], occurrences)
