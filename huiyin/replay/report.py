"""What a replay has come to (pure): per clock the outcomes, the shares, the percentiles. Holds no values of rows but
those of the column that splits the report."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from huiyin.replay.playing import Outcome, State

PERCENTILES = (50, 75, 90, 95, 99)
TOP = 20
OTHERS = "(others)"
STATES: tuple[State, ...] = ("met", "late", "breached", "open", "cancelled", "undated")


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile of sorted values: the smallest that at least `percent` % do not exceed."""
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


@dataclass
class Tally:
    """The outcomes of one clock. Each cycle counts once; the six states add up to `cycles`.

    `elapsed` of all that were stopped and had a due date, `lateness` of those stopped late, in the clock's measure.
    `months`: breaches by the local month in which they were due.
    """

    cycles: int = 0
    states: Counter[str] = field(default_factory=Counter)
    provisional: int = 0
    warnings: int = 0
    further: int = 0
    elapsed: array[float] = field(default_factory=lambda: array("d"))
    lateness: array[float] = field(default_factory=lambda: array("d"))
    months: Counter[str] = field(default_factory=Counter)

    def take(self, outcome: Outcome, zone: ZoneInfo) -> None:
        """Count one cycle."""
        self.cycles += 1
        self.states[outcome.state] += 1
        self.provisional += outcome.provisional
        self.warnings += outcome.warned
        self.further += outcome.further
        if outcome.elapsed is not None and outcome.state != "undated":
            self.elapsed.append(outcome.elapsed)
        if outcome.late_by is not None:
            self.lateness.append(outcome.late_by)
        if outcome.state in ("late", "breached") and outcome.due_at is not None:
            self.months[f"{outcome.due_at.astimezone(zone):%Y-%m}"] += 1

    @property
    def decided(self) -> int:
        """How many are known to be in time or not."""
        return self.states["met"] + self.states["late"] + self.states["breached"]

    @property
    def on_time(self) -> float | None:
        """The share that was in time, of those decided."""
        return self.states["met"] / self.decided if self.decided else None

    def to_dict(self) -> dict[str, Any]:
        """For JSON. Shares are rounded to six digits, amounts to four."""
        return {
            "cycles": self.cycles,
            **{state: self.states[state] for state in STATES},
            "decided": self.decided,
            "on_time_share": None if self.on_time is None else round(self.on_time, 6),
            "provisional": self.provisional,
            "warnings": self.warnings,
            "further_steps": self.further,
            "elapsed": spread(self.elapsed),
            "late_by": spread(self.lateness),
            "breaches_by_month": dict(sorted(self.months.items())),
        }


def spread(values: Sequence[float]) -> dict[str, float] | None:
    """Percentiles and the greatest; None if there are no values."""
    if not values:
        return None
    ordered = sorted(values)
    found = {f"p{percent}": percentile(ordered, percent) for percent in PERCENTILES} | {"max": ordered[-1]}
    return {name: round(value, 4) for name, value in found.items()}


@dataclass
class Report:
    """Tallies by clock, for all cases and for each group. `zones` are the local zones of the clocks' calendars."""

    zones: Mapping[str, ZoneInfo]
    clocks: dict[str, Tally] = field(default_factory=dict)
    groups: dict[str, dict[str, Tally]] = field(default_factory=dict)
    group_cases: Counter[str] = field(default_factory=Counter)
    cases: int = 0
    started: Counter[str] = field(default_factory=Counter)
    """In how many cases a clock started."""

    def __post_init__(self) -> None:
        self.clocks = {clock: Tally() for clock in self.zones}

    def take(self, outcomes: Sequence[Outcome], group: str | None) -> None:
        """Count one case, within its group if the report is split."""
        self.cases += 1
        tallies = [self.clocks]
        if group is not None:
            self.group_cases[group] += 1
            tallies.append(self.groups.setdefault(group, {clock: Tally() for clock in self.zones}))
        self.started.update({one.clock for one in outcomes})
        for outcome in outcomes:
            for tally in tallies:
                tally[outcome.clock].take(outcome, self.zones[outcome.clock])


def grouped(values: Counter[str]) -> Mapping[str, str]:
    """Group by value: the most frequent have their own, all others share one."""
    kept = sorted(values, key=lambda value: (-values[value], value))
    own = set(kept[:TOP])
    return {value: value if value in own else OTHERS for value in values}
