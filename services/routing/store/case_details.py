"""The `details` of a case: what only decisions read, kept as one JSON document in the case's row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from services.routing.domain.award import CaseAward
from services.routing.domain.case import Case, CountedMatter, Occurrence
from services.routing.domain.report import Report, WaitingReport


@dataclass(frozen=True)
class CaseDetails:
    """Facts (coded values), counts, occurrences, and what else belongs to a case alone; as the fields of `Case`."""

    facts: Mapping[str, Any]
    counts: Mapping[str, int]
    occurrences: tuple[Occurrence, ...]
    assisting: tuple[str, ...] = ()
    awards: tuple[CaseAward, ...] = ()
    waiting: tuple[WaitingReport, ...] = ()
    matters: Mapping[str, CountedMatter] | None = None
    recused: tuple[str, ...] = ()

    @classmethod
    def of(cls, case: Case) -> CaseDetails:
        """The details of a case."""
        return cls(
            case.facts,
            case.counts,
            case.occurrences,
            case.assisting,
            case.awards,
            case.waiting,
            case.matters or None,
            case.recused,
        )

    def encode(self) -> str:
        """JSON: `facts`, `counts`, and `reached` as lists of name, instant (ISO 8601), cycle, office and persons; the
        rest only where there is any."""
        document: dict[str, Any] = {
            "facts": dict(self.facts),
            "counts": dict(self.counts),
            "reached": [
                [past.name, past.at.isoformat(), past.cycle, past.by, list(past.persons)] for past in self.occurrences
            ],
        }
        if self.assisting:
            document["assisting"] = list(self.assisting)
        if self.awards:
            document["awards"] = [asdict(award) for award in self.awards]
        if self.waiting:
            document["waiting"] = [asdict(one) for one in self.waiting]
        if self.matters:
            document["matters"] = {name: [matter.key, matter.complainant] for name, matter in self.matters.items()}
        if self.recused:
            document["recused"] = list(self.recused)
        return json.dumps(document, ensure_ascii=False, default=datetime.isoformat)

    @classmethod
    def decode(cls, stored: str | Mapping[str, Any]) -> CaseDetails:
        """Read what `encode` wrote, as text or as the driver's parsed document."""
        document = json.loads(stored) if isinstance(stored, str) else stored
        occurrences = tuple(
            Occurrence(name, datetime.fromisoformat(at), cycle, by, tuple(persons))
            for name, at, cycle, by, persons in document["reached"]
        )
        return cls(
            document["facts"],
            document["counts"],
            occurrences,
            tuple(document.get("assisting", ())),
            tuple(_award(one) for one in document.get("awards", ())),
            tuple(_waiting(one) for one in document.get("waiting", ())),
            {name: CountedMatter(*given) for name, given in document.get("matters", {}).items()} or None,
            tuple(document.get("recused", ())),
        )


def _award(stored: Mapping[str, Any]) -> CaseAward:
    decided_at = stored["decided_at"]
    instants = {
        "suggested_at": datetime.fromisoformat(stored["suggested_at"]),
        "decided_at": datetime.fromisoformat(decided_at) if decided_at else None,
    }
    return CaseAward(**{**stored, **instants})


def _waiting(stored: Mapping[str, Any]) -> WaitingReport:
    given = stored["report"]
    report = Report(**{**given, "at": datetime.fromisoformat(given["at"]), "persons": tuple(given["persons"])})
    return WaitingReport(report, datetime.fromisoformat(stored["until"]))
