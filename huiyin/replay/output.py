"""The files of a replay: the report, one line per case and clock, and the refused rows. They can be read by the caller
alone (0600), because a history may name people."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TextIO

from huiyin.importing.columns import Reason
from huiyin.replay.cases import Past
from huiyin.replay.playing import Outcome
from huiyin.tabular.text_rows import Row
from shared.business_time.zones import zone
from shared.errors import InvalidInput

COLUMNS = (
    "case",
    "group",
    "clock",
    "cycle",
    "received",
    "started",
    "due",
    "answered",
    "state",
    "elapsed",
    "late_by",
    "measure",
    "late_seconds",
)


@contextmanager
def written(path: Path | None, option: str) -> Iterator[TextIO]:
    """A new private file, or standard output without a path; raises `InvalidInput` naming the option."""
    if path is None:
        yield sys.stdout
        return
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise InvalidInput(f"the file cannot be written ({error.strerror})", field=option) from None
    with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield file


class Lines:
    """CSV: one line per case, clock and cycle. Instants are local to `time_zone`, with their offset."""

    def __init__(self, file: TextIO, units: Mapping[str, str], time_zone: str, *, marked: bool) -> None:
        if marked:  # spreadsheet programs take a text without the mark for one of their own encodings
            file.write("\ufeff")
        self._writer = csv.writer(file)
        self._writer.writerow(COLUMNS)
        self._units, self._zone = units, zone(time_zone)

    def take(self, past: Past, group: str | None, outcomes: Sequence[Outcome]) -> None:
        """Write one case."""
        for one in outcomes:
            self._writer.writerow(
                (
                    past.name,
                    group,
                    one.clock,
                    one.cycle,
                    self._local(past.received_at()),
                    self._local(one.started_at),
                    self._local(one.due_at),
                    self._local(past.answered.last if past.answered else None),
                    one.state,
                    _number(one.elapsed),
                    _number(one.late_by),
                    self._units[one.clock],
                    _number(one.late_seconds),
                )
            )

    def _local(self, at: datetime | None) -> str:
        return at.astimezone(self._zone).isoformat() if at else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}".rstrip("0").rstrip(".")


def refused_lines(rows: Iterator[Row], reasons: Mapping[int, Sequence[Reason]]) -> Iterator[str]:
    """One JSON object for each refused row: its number, its reasons, the row as it stands in the file."""
    for row in rows:
        if row.number in reasons:
            listed = [{"field": one.field, "code": one.code, "message": one.message} for one in reasons[row.number]]
            line = {"row": row.number, "reasons": listed, "original": row.original}
            yield json.dumps(line, ensure_ascii=False, default=str) + "\n"
