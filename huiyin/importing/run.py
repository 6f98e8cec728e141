"""One run of an import: rows in, batches out, every row accounted for, progress saved after each batch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from huiyin.importing.columns import RECEIVED, Columns, Reason, idempotency_key
from huiyin.importing.files import Outputs, Progress
from huiyin.importing.send import BYTES, ROWS, Stopped
from huiyin.tabular.text_rows import Row
from shared.errors import Unavailable

_BYTES_OF_A_CHARACTER = 4
"""At most, in UTF-8."""


class Sends(Protocol):
    """What takes a batch and answers each row, in order."""

    def send(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]: ...


@dataclass
class Batch:
    """Rows that are finished together: those to send, and those refused already. `last` is the last row's number."""

    last: int = 0
    send: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    refused: list[tuple[Row, list[Reason]]] = field(default_factory=list)
    empty: int = 0
    size: int = 0

    @property
    def rows(self) -> int:
        return len(self.send) + len(self.refused)

    def full(self, left: int | None) -> bool:
        """Whether it is to be finished now; `left` rows may still be taken."""
        return self.rows >= ROWS or self.size >= BYTES or (left is not None and self.rows >= left)


def batches(rows: Iterator[Row], columns: Columns, progress: Progress, limit: int | None) -> Iterator[Batch]:
    """The rows after the last finished one, in batches, each complaint with its key; at most `limit` rows of the
    file in all."""
    same, batch = progress.same, Batch()
    left = None if limit is None else limit - progress.tally.rows
    for row in rows:
        if row.number <= progress.last_row:
            continue
        if left is not None and left <= batch.rows:
            break
        batch.last = row.number
        if row.empty:
            batch.empty += 1
            continue
        complaint, reasons = columns.complaint(row)
        if reasons:
            batch.refused.append((row, reasons))
        else:
            complaint["idempotency_key"] = idempotency_key(same.digest, same.procedure, row.number)
            batch.send.append((row, complaint))
            batch.size += _BYTES_OF_A_CHARACTER * sum(len(str(value)) for value in complaint["fields"].values())
        if batch.full(left):
            yield batch
            left = None if left is None else left - batch.rows
            batch = Batch()
    if batch.rows or batch.empty:
        yield batch


def run(
    work: Iterator[Batch], sender: Sends, outputs: Outputs, stop: threading.Event, show: Callable[[Progress], None]
) -> bool:
    """Finish batch after batch; returns whether all are done, False after a request to stop.

    Raises `Unavailable`, with how to go on, when intake stays away; what was finished is saved.
    """
    progress = outputs.progress
    for batch in work:
        started = time.monotonic()
        try:
            finish(batch, sender, outputs)
        except Stopped:
            return False
        except Unavailable as error:
            raise Unavailable(
                f"{error.message}; {progress.tally.rows} rows are done",
                hint="run the same command again: it goes on where it stopped",
            ) from None
        progress.seconds += time.monotonic() - started
        outputs.save()
        show(progress)
        if stop.is_set():
            return False
    return True


def finish(batch: Batch, sender: Sends, outputs: Outputs) -> None:
    """Send one batch, write its refused rows and its report, and count every row."""
    tally = outputs.progress.tally
    results = sender.send([complaint for _, complaint in batch.send]) if batch.send else []
    report: list[tuple[object, ...]] = []
    refused = list(batch.refused)
    for (row, complaint), result in zip(batch.send, results, strict=True):
        status = str(result.get("status"))
        if status == "refused":
            refused.append((row, reasons_of(result)))
            continue
        tally.take(status)
        tally.undated += status != "existing" and RECEIVED not in complaint
        known = (result.get(name) for name in ("case_id", "case_number", "receipt_code", "duplicate_of"))
        report.append((row.number, status, *known))
    refused.sort(key=lambda one: one[0].number)
    for row, reasons in refused:
        tally.refuse(row.number, reasons)
        report.append((row.number, "refused", None, None, None, None))
    outputs.refuse(_line(row, reasons) for row, reasons in refused)
    outputs.report(sorted(report, key=lambda one: int(str(one[0]))))
    tally.empty += batch.empty
    outputs.progress.last_row = batch.last


def _line(row: Row, reasons: Sequence[Reason]) -> dict[str, Any]:
    listed = [{"field": reason.field, "code": reason.code, "message": reason.message} for reason in reasons]
    return {"row": row.number, "reasons": listed, "original": row.original}


def reasons_of(result: Mapping[str, Any]) -> list[Reason]:
    """Why intake refused a row."""
    found = [
        Reason(
            str(error["field"]).removeprefix("fields.") if error.get("field") else None,
            str(error.get("code") or "refused"),
            str(error.get("message") or error.get("title") or error.get("code") or "refused"),
        )
        for error in result.get("errors") or ()
        if isinstance(error, dict)
    ]
    return found or [Reason(None, "refused", "intake gives no reason")]


def rehearse(work: Iterator[Batch], progress: Progress, stop: threading.Event) -> bool:
    """Read and convert every row without sending one: what would be sent counts as registered. As `run`."""
    for batch in work:
        for _, complaint in batch.send:
            progress.tally.take("registered")
            progress.tally.undated += RECEIVED not in complaint
        for row, reasons in batch.refused:
            progress.tally.refuse(row.number, reasons)
        progress.tally.empty += batch.empty
        progress.last_row = batch.last
        if stop.is_set():
            return False
    return True
