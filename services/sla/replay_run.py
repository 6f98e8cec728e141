"""One run of a replay: the file is read into cases, the cases are played, the report is made."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from services.sla.replay_cases import Cases, Past, latest, occurred
from services.sla.replay_cells import Facts, Moments
from services.sla.replay_output import Lines, refused_lines, written
from services.sla.replay_report import Report, grouped
from services.sla.replay_rules import startable
from services.sla.replay_setup import Choices, by_name, end_of, found, learned, opened, rules
from services.sla.replay_text import Replayed
from services.sla.replaying import Outcome, Replay
from shared.business_time.calendars import Calendar
from shared.business_time.due import period
from shared.business_time.zones import zone
from shared.cli.import_columns import Reason
from shared.cli.import_display import progress_shown
from shared.cli.import_files import Progress, Sameness
from shared.cli.import_rows import Row, Table
from shared.cli.import_source import Source
from shared.cli.import_tally import Refusals
from shared.cli.import_values import Reading
from shared.errors import HuiyinError, InvalidInput
from shared.procedures.conditions import fields_of

_SHOWN_EVERY = 256
_PERIOD = "received.period"


@dataclass
class _Refused:
    """Rows without a case, counted by reason. A case may have several reasons."""

    cases: int = 0
    reasons: dict[str, Refusals] = field(default_factory=dict)
    by_row: dict[int, list[Reason]] = field(default_factory=dict)

    def take(self, rows: Sequence[int], reasons: Sequence[Reason]) -> None:
        self.cases += 1
        for row in rows:
            self.by_row.setdefault(row, []).extend(reasons)
        for line in {f"{one.field}: {one.message}" if one.field else one.message for one in reasons}:
            self.reasons.setdefault(line, Refusals(first_row=rows[0])).count += 1


def run(source: Source, choices: Choices) -> Replayed:
    """Replay a file. Raises `InvalidInput` and its like naming the option that cannot be."""
    began = time.monotonic()
    procedure, calendars = rules(choices)
    with opened(source, choices.sheet) as table:
        own = zone(choices.time_zone or calendars[procedure.calendar].time_zone)
        reading = Reading(own, table.epoch, choices.date_format)
        moments, facts = Moments(reading, choices.midnight_is_day), Facts(procedure, reading)
        names, rows = learned(table)
        cases = Cases(found(choices.columns, names, facts), moments, facts)
        until = end_of(choices.until, moments)
        _read(cases, rows, table)
    pasts = cases.finish()
    refused = _Refused()
    for numbers, reasons in cases.refused:
        refused.take(numbers, reasons)
    if (ends := until or latest(pasts)) is None:
        raise InvalidInput("no row of the file is a case", field="FILE", hint=_most(refused))
    played, idle = startable(procedure, cases.columns.names())
    replay = Replay(played, calendars, ends)
    report = Report({name: zone(one.time_zone) for name, one in by_name(calendars, played).items()})
    units = {one.id: replay.unit(one.id) for one in played.clocks}
    reads_period = any(_PERIOD in fields_of(one.when) for one in played.clocks)
    game = _Game(cases, replay, report, refused, calendars[played.calendar] if reads_period else None)
    with _lines(choices, units, reading.zone.key) as lines:
        game.play(pasts, lines)
    if choices.refused is not None:
        with opened(source, choices.sheet) as table, written(choices.refused, "--refused") as file:
            file.writelines(refused_lines(table.rows, refused.by_row))
    return Replayed(
        procedure=procedure,
        report=report,
        units=units,
        idle=idle,
        until=ends,
        zone=reading.zone,
        rows=cases.rows,
        empty=cases.empty,
        refused_rows=len(refused.by_row),
        refused_cases=refused.cases,
        reasons=refused.reasons,
        by=cases.columns.by,
        seconds=time.monotonic() - began,
    )


def _most(refused: _Refused) -> str | None:
    reasons = sorted(refused.reasons.items(), key=lambda one: -one[1].count)
    return f"{reasons[0][0]} (first in row {reasons[0][1].first_row})" if reasons else None


@contextmanager
def _lines(choices: Choices, units: Mapping[str, str], time_zone: str) -> Iterator[Lines | None]:
    if not choices.lines:
        yield None
        return
    with written(choices.output, "--output") as file:
        yield Lines(file, units, time_zone, marked=choices.output is not None)


def _progress() -> Progress:
    return Progress(Sameness("", "", ""))


def _read(cases: Cases, rows: Iterator[Row], table: Table) -> None:
    progress = _progress()
    with progress_shown(table.progress, progress) as show:
        for row in rows:
            cases.take(row)
            if cases.rows % _SHOWN_EVERY == 0:
                progress.tally.rows = cases.rows
                show(progress)


class _Game:
    """Plays cases. `periods` is the calendar that says whether a case came in opening hours, where a clock asks."""

    def __init__(
        self, cases: Cases, replay: Replay, report: Report, refused: _Refused, periods: Calendar | None
    ) -> None:
        self._columns, self._replay, self._report, self._refused = cases.columns, replay, report, refused
        self._periods = periods

    def play(self, pasts: Sequence[Past], lines: Lines | None) -> None:
        """Play every case, in the order of the file; a case that cannot be computed is refused."""
        split = self._columns.by is not None
        groups = grouped(Counter(one.by for one in pasts)) if split else {}
        progress = _progress()
        with progress_shown(lambda: done / len(pasts), progress) as show:
            for done, past in enumerate(pasts):
                group = groups[past.by] if split else None
                outcomes = self._outcomes(past)
                if outcomes is not None:
                    self._report.take(outcomes, group)
                    if lines is not None:
                        lines.take(past, group, outcomes)
                progress.tally.rows += len(past.rows)
                if done % _SHOWN_EVERY == 0:
                    show(progress)

    def _outcomes(self, past: Past) -> list[Outcome] | None:
        """What became of a case; None if it is refused."""
        if past.received_at() > self._replay.until:
            late = Reason("--until", "received-after-the-end", "it was received after the end of the replay")
            self._refused.take(past.rows, [late])
            return None
        try:
            return self._replay.outcomes(occurred(past, self._columns, self._facts(past)))
        except HuiyinError as error:  # so far away that no calendar reaches it
            self._refused.take(past.rows, [Reason(None, error.code, error.message)])
            return None

    def _facts(self, past: Past) -> dict[str, Any]:
        return {_PERIOD: period(past.received_at(), self._periods)} if self._periods else {}
