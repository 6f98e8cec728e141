"""The files that an import leaves beside its file: how far it is, the refused rows, and what was registered.

`<FILE>.huiyin-import.json`   the last finished row and the counts, so that the next run goes on there
`<FILE>.refused.jsonl`        every refused row with its reasons and as it stands in the file; 0600
the file of `--report`        row, status, case id, case number, receipt code, as CSV; 0600

They lie beside the file, or in `imports/` of the home folder where that folder cannot be written. All three are brought
up to date together after each batch. After a crash between the two, the lines beyond the last finished row are cut off
again, because their rows are done again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from huiyin.embedded.home import write_atomically
from huiyin.importing.tally import Tally
from shared.errors import InvalidInput

_VERSION = 1
REPORT_COLUMNS = ("row", "status", "case_id", "case_number", "receipt_code", "duplicate_of")


@dataclass(frozen=True)
class Sameness:
    """What must be equal for an import to go on where it stopped."""

    digest: str
    procedure: str
    mapping: str

    @staticmethod
    def of(digest: str, procedure: str, *choices: object) -> Sameness:
        """`choices` are the options that decide how rows are read; only their hash is kept."""
        text = json.dumps(choices, sort_keys=True, default=str)
        return Sameness(digest, procedure, hashlib.sha256(text.encode()).hexdigest())


@dataclass
class Progress:
    """How far an import is. `last_row` is the last finished one; the lengths are in bytes."""

    same: Sameness
    last_row: int = 0
    finished: bool = False
    refused_length: int = 0
    report_length: int = 0
    seconds: float = 0.0
    tally: Tally = field(default_factory=Tally)

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "version": _VERSION}, ensure_ascii=False, indent=2) + "\n"

    @staticmethod
    def from_json(text: str) -> Progress:
        raw = json.loads(text)
        if raw.pop("version") != _VERSION:
            raise ValueError
        return Progress(
            **{**raw, "same": Sameness(**raw.pop("same")), "tally": Tally.from_dict(raw.pop("tally"))},
        )


@dataclass(frozen=True)
class Places:
    """Where the files of one import lie."""

    progress: Path
    refused: Path

    @staticmethod
    def beside(file: Path, digest: str, home: Path) -> Places:
        """Beside the file, or in the home where its folder cannot be written."""
        folder, name = file.parent, file.name
        if not os.access(folder, os.W_OK):
            folder, name = home / "imports", f"{digest[:16]}-{file.name}"
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Places(folder / f"{name}.huiyin-import.json", folder / f"{name}.refused.jsonl")


def read_progress(place: Path, same: Sameness) -> Progress | None:
    """How far an unfinished import of the very same kind came; None if there is none to go on with."""
    try:
        found = Progress.from_json(place.read_text("utf-8"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if found.same == same and not found.finished else None


class Outputs:
    """The open files of one run; `save` brings all to the disk. Use in a `with`."""

    def __init__(self, places: Places, report: Path | None, progress: Progress) -> None:
        self.places = places
        self.progress = progress
        self._report_path = report
        if progress.refused_length == 0:
            places.refused.unlink(missing_ok=True)  # what an earlier import of other content has left
        self._refused: IO[bytes] | None = None
        self._report: IO[bytes] | None = None

    def __enter__(self) -> Outputs:
        if self.progress.refused_length:
            self._refused = _open(self.places.refused, self.progress.refused_length)
        if self._report_path is not None:
            self._report = _open(self._report_path, self.progress.report_length)
            if self._report.tell() == 0:
                self._report.write(("\ufeff" + _csv_line(REPORT_COLUMNS)).encode())
        return self

    def __exit__(self, *_exception: object) -> None:
        for file in (self._refused, self._report):
            if file is not None:
                file.close()

    @property
    def refused_any(self) -> bool:
        """Whether there is a file of refused rows."""
        return self._refused is not None or self.progress.refused_length > 0

    def refuse(self, lines: Iterable[dict[str, Any]]) -> None:
        """Write refused rows."""
        for line in lines:
            if self._refused is None:
                self._refused = _open(self.places.refused, self.progress.refused_length)
            # a lone half of a character cannot be UTF-8; the escape that replaces it is JSON's own
            text = json.dumps(line, ensure_ascii=False, default=str) + "\n"
            self._refused.write(text.encode("utf-8", "backslashreplace"))

    def report(self, rows: Iterable[Sequence[object]]) -> None:
        """Write what became of rows, in the order of `REPORT_COLUMNS`; without `--report`, nothing."""
        if self._report is not None:
            self._report.write("".join(map(_csv_line, rows)).encode())

    def save(self) -> None:
        """Bring the lines to the disk, then the progress that counts them."""
        self.progress.refused_length = _flushed(self._refused, self.progress.refused_length)
        self.progress.report_length = _flushed(self._report, self.progress.report_length)
        write_atomically(self.places.progress, self.progress.to_json(), mode=0o600)


def _open(path: Path, length: int) -> IO[bytes]:
    """A private file to go on writing after `length` bytes, or at its end if somebody has shortened it since."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.fchmod(descriptor, 0o600)
    except OSError as error:
        raise InvalidInput(f"{path.name} cannot be written ({error.strerror})", field="FILE") from None
    file = os.fdopen(descriptor, "r+b")
    file.truncate(min(length, file.seek(0, os.SEEK_END)))
    file.seek(0, os.SEEK_END)
    return file


def _flushed(file: IO[bytes] | None, length: int) -> int:
    if file is None:
        return length
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def _csv_line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(["" if cell is None else cell for cell in cells])
    return line.getvalue()
