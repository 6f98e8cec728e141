"""One run of a replay: the file is read into cases, the cases are played, the report is made."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from huiyin.importing.columns import Reason
from huiyin.importing.display import progress_shown
from huiyin.importing.files import Progress, Sameness
from huiyin.importing.tally import Refusals
from huiyin.replay.cases import Cases, Columns, Past, latest, occurred
from huiyin.replay.cells import Facts, Moments
from huiyin.replay.measure import Measure
from huiyin.replay.output import Lines, refused_lines, written
from huiyin.replay.report import Report, grouped
from huiyin.replay.rules import mentioned, startable
from huiyin.replay.setup import Choices, by_name, end_of, found, rules
from huiyin.replay.text import Replayed
from huiyin.replay.workers import answers, fitting
from huiyin.tabular.source import Source
from huiyin.tabular.table import learned, open_table
from huiyin.tabular.text_rows import Row, Table
from huiyin.tabular.values import Reading
from shared.business_time.calendars import Calendar
from shared.business_time.due import period
from shared.business_time.zones import zone
from shared.errors import InvalidInput
from shared.procedures.conditions import fields_of
from shared.procedures.model import Procedure

_SHOWN_EVERY = 256
_PERIOD = "received.period"


@dataclass
class _Refused:
    """Rows without a case, counted by reason. A case may have several reasons."""

    cases: int = 0
    reasons: dict[Reason, Refusals] = field(default_factory=dict)
    by_row: dict[int, list[Reason]] = field(default_factory=dict)

    def take(self, rows: Sequence[int], reasons: Sequence[Reason]) -> None:
        self.cases += 1
        for row in rows:
            self.by_row.setdefault(row, []).extend(reasons)
        for reason in set(reasons):
            self.reasons.setdefault(reason, Refusals(first_row=rows[0])).count += 1


def run(source: Source, choices: Choices) -> Replayed:
    """Replay a file. Raises `InvalidInput` and its like naming the option that cannot be."""
    began = time.monotonic()
    procedure, calendars = rules(choices)
    with open_table(source, choices.sheet) as table:
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
    report = Report({name: zone(one.time_zone) for name, one in by_name(calendars, played).items()})
    units = {one.id: Measure.of(one, by_name(calendars, played)[one.id]).unit for one in played.clocks}
    reads_period = any(_PERIOD in fields_of(one.when) | fields_of(one.while_) for one in played.clocks)
    at_receipt = [name for name in cases.columns.at_receipt() if name in mentioned(played)]
    periods = calendars[played.calendar] if reads_period else None
    game = _Game(cases.columns, at_receipt, played, calendars, ends, report, refused, periods)
    with _lines(choices, units, reading.zone.key) as lines, _kept_in_memory():
        game.play(pasts, lines, choices.workers or fitting(len(pasts)))
    if choices.refused is not None:
        with open_table(source, choices.sheet) as table, written(choices.refused, "--refused") as file:
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
    if not refused.reasons:
        return None
    reason, found = max(refused.reasons.items(), key=lambda one: one[1].count)
    return f"{reason.field or 'most'}: {reason.message} (first in row {found.first_row})"


@contextmanager
def _lines(choices: Choices, units: Mapping[str, str], time_zone: str) -> Iterator[Lines | None]:
    if not choices.lines:
        yield None
        return
    with written(choices.output, "--output") as file:
        yield Lines(file, units, time_zone, marked=choices.output is not None)


@contextmanager
def _kept_in_memory() -> Iterator[None]:
    """What was read stays to the end: the garbage collector need not look through a million cases again and again."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


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


@dataclass
class _Game:
    """Plays cases. `periods` is the calendar that says whether a case came in opening hours, where a clock asks."""

    columns: Columns
    at_receipt: Sequence[str]
    procedure: Procedure
    calendars: Mapping[str, Calendar]
    until: datetime
    report: Report
    refused: _Refused
    periods: Calendar | None

    def play(self, pasts: Sequence[Past], lines: Lines | None, workers: int) -> None:
        """Play every case, in the order of the file; a case that cannot be computed is refused."""
        split = self.columns.by is not None
        groups = grouped(Counter(one.by for one in pasts)) if split else {}
        known = [one for one in pasts if self._known(one)]
        stories = (occurred(one, self.columns, self.at_receipt, self._facts(one)) for one in known)
        answered = answers(self.procedure, self.calendars, self.until, stories, workers)
        progress = _progress()
        with progress_shown(lambda: done / len(known), progress) as show:
            for done, (past, answer) in enumerate(zip(known, answered, strict=True)):
                if isinstance(answer, Reason):
                    self.refused.take(past.rows, [answer])
                else:
                    group = groups[past.by] if split else None
                    self.report.take(answer, group)
                    if lines is not None:
                        lines.take(past, group, answer)
                progress.tally.rows += len(past.rows)
                if done % _SHOWN_EVERY == 0:
                    show(progress)

    def _known(self, past: Past) -> bool:
        if past.received_at() <= self.until:
            return True
        late = Reason("--until", "received-after-the-end", "it was received after the end of the replay")
        self.refused.take(past.rows, [late])
        return False

    def _facts(self, past: Past) -> dict[str, Any]:
        return {_PERIOD: period(past.received_at(), self.periods)} if self.periods else {}
