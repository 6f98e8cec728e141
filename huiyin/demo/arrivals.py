"""The complaints of one run: the files that ship with the project, registered the way `huiyin import` does it.

Each run writes copies that carry its own mark, so that their content, and with it every idempotency key, is new.
"""

from __future__ import annotations

import csv
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any
from uuid import UUID

from huiyin.cli.client import Connection
from huiyin.importing.columns import ColumnChoice, Columns
from huiyin.importing.files import Outputs, Places, Progress, Sameness
from huiyin.importing.run import batches, run
from huiyin.importing.send import TIMEOUT, Sender
from huiyin.tabular.source import inspect
from huiyin.tabular.table import open_table
from huiyin.tabular.values import Reading
from shared.business_time.zones import zone
from shared.procedures.loader import Library

_MARK = "run"
_NYC = ColumnChoice(
    columns={"content": "Descriptor", "received_at": ""},  # they come in now, not in 2013
    constants={
        "channel": "telephone",
        "language": "en",
        "content-type": "property-management",
        "move-in": "after",
        "customer-kind": "owner",
    },
)
_NYC_PROCEDURE = "vanke-developer"


@dataclass(frozen=True)
class Arrival:
    """One file to import, with what its columns are."""

    file: Path
    procedure: str
    wanted: ColumnChoice


@dataclass
class Registered:
    """What intake answered: the cases, and how many rows it refused."""

    cases: list[UUID] = field(default_factory=list)
    refused: int = 0


class _Noting:
    """A sender that remembers the cases that intake made."""

    def __init__(self, sender: Sender, registered: Registered) -> None:
        self._sender = sender
        self._registered = registered

    def send(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """As `Sender.send`."""
        results = self._sender.send(complaints)
        self._registered.cases += [UUID(one["case_id"]) for one in results if one.get("case_id")]
        return results


def prepare(folder: Path, mark: str, new_york: int | None = None) -> list[Arrival]:
    """Write this run's files into `folder`, which is made: one for each procedure in Chinese, one of New York with at
    most `new_york` rows."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    data = files("huiyin.demo").joinpath("data")
    rows = [json.loads(line) for line in data.joinpath("complaints_zh.jsonl").read_text("utf-8").splitlines()]
    arrivals = []
    for procedure in sorted({row["procedure"] for row in rows}):
        file = folder / f"{procedure}.jsonl"
        own = ({**row, _MARK: mark} for row in rows if row["procedure"] == procedure)
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in own), "utf-8")
        arrivals.append(Arrival(file, procedure, ColumnChoice({}, {"language": "zh"})))
    sample = list(csv.reader(data.joinpath("nyc311_sample.csv").read_text("utf-8").splitlines()))
    if new_york is not None:
        sample = sample[: new_york + 1]  # the header is no row
    file = folder / "nyc311.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([*row, _MARK if number == 0 else mark] for number, row in enumerate(sample))
    return [*arrivals, Arrival(file, _NYC_PROCEDURE, _NYC)]


def bring_in(
    arrival: Arrival, connection: Connection, library: Library, stop: threading.Event, took: Callable[[int], None]
) -> Registered:
    """Register one file's complaints. `took` is called with the number of rows after each batch.

    Raises what `huiyin import` raises; ends early when `stop` is set.
    """
    source = inspect(arrival.file)
    procedure = library.get(arrival.procedure)
    registered = Registered()
    with open_table(source) as table, connection.open("intake", timeout=TIMEOUT) as api:
        columns = Columns(procedure, Reading(zone(procedure.time_zone), table.epoch), arrival.wanted)
        columns.learn(table.columns or ())
        progress = Progress(Sameness.of(source.digest, procedure.id))
        places = Places.beside(arrival.file, source.digest, connection.home.path)
        with Outputs(places, None, progress) as outputs:
            work: Iterator[Any] = batches(iter(table.rows), columns, progress, None)
            sender = _Noting(Sender(api, stop), registered)
            run(work, sender, outputs, stop, lambda so_far: took(so_far.tally.rows))
        registered.refused = progress.tally.refused
    return registered
