"""An award of a case: suggested by the rules, open until a person decides on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AwardStatus = Literal["suggested", "approved", "refused"]


@dataclass(frozen=True)
class CaseAward:
    """One award. Amounts are decimal text with two places; None while they cannot be computed, and `problem` says why.

    `inputs` are the facts that the formula read. `at_least` and `at_most` bound what may be chosen.
    """

    award: str
    cycle: int
    suggested_at: datetime
    cause: str
    amount: str | None
    at_least: str | None = None
    at_most: str | None = None
    problem: str | None = None
    inputs: Mapping[str, str | int] | None = None
    status: AwardStatus = "suggested"
    decided_by: str | None = None
    decided_at: datetime | None = None
    approved: str | None = None
