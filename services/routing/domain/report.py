"""A report of a milestone, as an office sends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.procedures.fields import Scalar


@dataclass(frozen=True)
class Report:
    """A milestone as reported: `by` is an office, `fields` are coded values or names of documents.

    `clock` is what an extension is about, `award` what a decision on an award is about. `persons` are who of the office
    did it: staff ids that say nothing outside the office.
    """

    milestone: str
    at: datetime
    by: str
    fields: Mapping[str, Scalar]
    clock: str | None = None
    award: str | None = None
    persons: tuple[str, ...] = ()

    @property
    def occurrence(self) -> str:
        """The most particular name of the occurrence that this becomes."""
        qualifier = self.clock or self.award
        return f"{self.milestone}:{qualifier}" if qualifier else self.milestone


@dataclass(frozen=True)
class WaitingReport:
    """A report from a topic that came before what it depends on; tried again until `until`, then rejected."""

    report: Report
    until: datetime
