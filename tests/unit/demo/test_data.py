"""The data that ships: it is what the README says, and every row can be registered under its procedure."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from huiyin.demo.arrivals import Arrival, prepare
from huiyin.importing.columns import Columns
from huiyin.tabular.source import inspect
from huiyin.tabular.table import open_table
from huiyin.tabular.values import Reading
from shared.business_time.zones import zone
from shared.procedures.loader import load_library

DATA = files("huiyin.demo").joinpath("data")
ROWS = [json.loads(line) for line in DATA.joinpath("complaints_zh.jsonl").read_text("utf-8").splitlines()]
SAMPLE = list(csv.DictReader(DATA.joinpath("nyc311_sample.csv").read_text("utf-8").splitlines()))


def test_there_are_enough_complaints_of_every_procedure_that_is_demonstrated() -> None:
    counts = Counter(row["procedure"] for row in ROWS)

    assert len(ROWS) >= 160
    assert len(counts) >= 4
    assert counts.keys() <= {procedure.id for procedure in load_library().all()}
    assert min(counts.values()) >= 25


def test_telephone_numbers_and_addresses_belong_to_nobody() -> None:
    assert all(re.fullmatch(r"190-0000-\d{4}", row["phone"]) for row in ROWS if "phone" in row)
    assert all(row["email"].endswith("@example.org") for row in ROWS if "email" in row)


def test_one_matter_is_raised_by_three_people_and_some_complaints_come_twice() -> None:
    people: dict[str, set[str]] = {}
    for row in ROWS:
        if "subject" in row:
            people.setdefault(row["subject"], set()).add(row["name"])

    assert max(map(len, people.values())) >= 3
    assert len({json.dumps(row, sort_keys=True) for row in ROWS}) < len(ROWS)


def test_the_sample_of_new_york_holds_no_place_and_no_free_text() -> None:
    assert len(SAMPLE) == 150
    assert set(SAMPLE[0]) == {
        "Unique Key", "Created Date", "Closed Date", "Agency", "Agency Name", "Complaint Type", "Descriptor", "Status",
        "Due Date", "Borough",
    }  # fmt: skip


def _arrivals(tmp_path: Path) -> list[Arrival]:
    return prepare(tmp_path / "run", "mark")


@pytest.mark.parametrize("number", range(5))
def test_every_row_is_a_complaint_that_can_be_sent(tmp_path: Path, number: int) -> None:
    arrival = _arrivals(tmp_path)[number]
    source = inspect(arrival.file)
    procedure = load_library().get(arrival.procedure)
    with open_table(source) as table:
        columns = Columns(procedure, Reading(zone(procedure.time_zone), table.epoch), arrival.wanted)
        columns.learn(table.columns or ())
        refused = [(row.number, reasons) for row in table.rows if (reasons := columns.complaint(row)[1])]

    assert refused == []
    assert "received_at" not in columns.taken  # they come in when the demonstration runs


def test_each_run_brings_new_content_so_that_nothing_counts_as_known(tmp_path: Path) -> None:
    first = [inspect(arrival.file).digest for arrival in prepare(tmp_path / "a", "1")]
    second = [inspect(arrival.file).digest for arrival in prepare(tmp_path / "b", "2")]

    assert not set(first) & set(second)
