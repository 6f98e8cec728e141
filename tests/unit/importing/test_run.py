"""A run accounts for every row once, whatever breaks off in between, and goes on where it stopped."""

from __future__ import annotations

import csv
import json
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from huiyin.importing.files import REPORT_COLUMNS, Outputs, Places, Progress, Sameness, read_progress
from huiyin.importing.run import batches, rehearse, run
from huiyin.importing.send import ROWS, Stopped
from huiyin.importing.tally import DoesNotAddUp, Tally
from huiyin.tabular.text_rows import Row
from shared.errors import Unavailable
from tests.unit.cli.procedure import columns

SAME = Sameness("digest", "small-shop", "mapping")
GOOD, REFUSED_HERE, REFUSED_THERE, EMPTY, MALFORMED, TWIN = range(6)


class Intake:
    """A pretended intake: registers each key once, refuses what says so, and goes away after so many batches."""

    def __init__(self, away_after: int | None = None) -> None:
        self.known: dict[str, str] = {}
        self.batches = 0
        self.away_after = away_after

    def send(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        if self.away_after is not None and self.batches >= self.away_after:
            raise Unavailable("intake at http://x does not answer (ConnectError)")
        self.batches += 1
        return [self._one(complaint) for complaint in complaints]

    def _one(self, complaint: dict[str, Any]) -> dict[str, Any]:
        key, content = complaint["idempotency_key"], complaint["fields"]["content"]
        if content == "refuse me":
            return {"status": "refused", "errors": [{"field": "fields.content", "message": "not wanted"}]}
        if key in self.known:
            return {"status": "existing", "case_number": self.known[key], "case_id": "i", "receipt_code": "r"}
        self.known[key] = f"S-{len(self.known) + 1}"
        status = "duplicate" if content == "twin" else "registered"
        return {"status": status, "case_number": self.known[key], "case_id": "i", "receipt_code": "r"}


def row(number: int, kind: int) -> Row:
    content = {GOOD: "a", REFUSED_HERE: "", REFUSED_THERE: "refuse me", EMPTY: "", MALFORMED: "", TWIN: "twin"}[kind]
    if kind == MALFORMED:
        return Row(number, original=["x"], problem="1 columns instead of 2")
    name = "" if kind == EMPTY else "Li"
    return Row(number, {"content": content, "name": name}, {"content": content, "name": name})


def rows(kinds: Sequence[int]) -> Iterator[Row]:
    return (row(number, kind) for number, kind in enumerate(kinds, start=2))


class Import:
    """One file's import, run again and again over the same folder."""

    def __init__(self, folder: Path, kinds: Sequence[int], limit: int | None = None) -> None:
        self.kinds = kinds
        self.limit = limit
        self.places = Places.beside(folder / "x.csv", SAME.digest, folder)
        self.report = folder / "report.csv"

    def go(self, intake: Any, stop: threading.Event | None = None) -> tuple[bool, Progress]:
        progress = read_progress(self.places.progress, SAME) or Progress(SAME)
        with Outputs(self.places, self.report, progress) as outputs:
            work = batches(rows(self.kinds), columns(constants={"channel": "online"}), progress, self.limit)
            through = run(work, intake, outputs, stop or threading.Event(), lambda _: None)
            progress.finished = through
            outputs.save()
        return through, progress

    def refused(self) -> list[dict[str, Any]]:
        if not self.places.refused.exists():
            return []
        return [json.loads(line) for line in self.places.refused.read_text("utf-8").splitlines()]

    def reported(self) -> list[list[str]]:
        with self.report.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


def test_every_kind_of_row_is_counted_and_every_refused_row_is_written_with_its_reasons(tmp_path: Path) -> None:
    one = Import(tmp_path, [GOOD, TWIN, REFUSED_HERE, EMPTY, REFUSED_THERE, MALFORMED, GOOD])
    through, progress = one.go(Intake())
    tally = progress.tally
    tally.require_sum()
    assert through
    assert (tally.rows, tally.registered, tally.duplicate, tally.refused, tally.empty) == (6, 2, 1, 3, 1)
    assert tally.undated == 3
    assert one.refused() == [
        {
            "row": 4,
            "reasons": [
                {
                    "field": "content",
                    "code": "required",
                    "message": "it has no value, and nothing can be registered without it",
                }
            ],
            "original": {"content": "", "name": "Li"},
        },
        {
            "row": 6,
            "reasons": [{"field": "content", "code": "refused", "message": "not wanted"}],
            "original": {"content": "refuse me", "name": "Li"},
        },
        {
            "row": 7,
            "reasons": [{"field": None, "code": "malformed", "message": "1 columns instead of 2"}],
            "original": ["x"],
        },
    ]
    assert one.reported() == [
        list(REPORT_COLUMNS),
        ["2", "registered", "i", "S-1", "r", ""],
        ["3", "duplicate", "i", "S-2", "r", ""],
        ["4", "refused", "", "", "", ""],
        ["6", "refused", "", "", "", ""],
        ["7", "refused", "", "", "", ""],
        ["8", "registered", "i", "S-3", "r", ""],
    ]


def test_files_that_hold_what_people_wrote_are_for_their_owner_alone(tmp_path: Path) -> None:
    one = Import(tmp_path, [REFUSED_HERE])
    one.go(Intake())
    for path in (one.places.refused, one.report, one.places.progress):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_run_of_a_finished_import_registers_nothing_twice(tmp_path: Path) -> None:
    one, intake = Import(tmp_path, [GOOD, TWIN, REFUSED_HERE]), Intake()
    one.go(intake)
    _, progress = one.go(intake)
    assert (progress.tally.existing, progress.tally.registered, progress.tally.refused) == (2, 0, 1)
    assert len(one.refused()) == 1
    assert len(intake.known) == 2


def test_an_import_goes_on_after_the_last_finished_batch(tmp_path: Path) -> None:
    one, intake = Import(tmp_path, [GOOD] * (2 * ROWS + 10)), Intake(away_after=1)
    with pytest.raises(Unavailable, match=f"{ROWS} rows are done"):
        one.go(intake)
    intake.away_after = None
    _, progress = one.go(intake)
    assert (progress.tally.registered, progress.tally.existing) == (2 * ROWS + 10, 0)
    assert intake.batches == 3


def test_a_request_to_stop_finishes_the_batch_in_hand(tmp_path: Path) -> None:
    one, intake, stop = Import(tmp_path, [GOOD] * (2 * ROWS)), Intake(), threading.Event()
    stop.set()
    through, progress = one.go(intake, stop)
    assert (through, progress.tally.rows) == (False, ROWS)
    through, progress = one.go(intake)
    assert (through, progress.tally.registered) == (True, 2 * ROWS)


def test_a_stop_while_a_batch_waits_counts_nothing_of_it(tmp_path: Path) -> None:
    class Waiting:
        def send(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
            raise Stopped

    through, progress = Import(tmp_path, [GOOD, REFUSED_HERE]).go(Waiting())
    assert (through, progress.tally.rows, progress.last_row) == (False, 0, 0)


def test_lines_of_rows_that_will_be_done_again_are_cut_off(tmp_path: Path) -> None:
    one, intake = Import(tmp_path, [REFUSED_HERE] * ROWS + [GOOD]), Intake(away_after=0)
    with pytest.raises(Unavailable):
        one.go(intake)
    with one.places.refused.open("a") as file:  # a crash after the lines and before the progress
        file.write('{"row": 999')
    intake.away_after = None
    one.go(intake)
    assert [line["row"] for line in one.refused()] == list(range(2, ROWS + 2))


@pytest.mark.parametrize(
    "other",
    [
        Sameness("other", "small-shop", "mapping"),
        Sameness("digest", "other", "mapping"),
        Sameness("digest", "small-shop", "other"),
    ],
)
def test_another_content_procedure_or_mapping_starts_anew(tmp_path: Path, other: Sameness) -> None:
    one, intake = Import(tmp_path, [GOOD] * (2 * ROWS)), Intake(away_after=1)
    with pytest.raises(Unavailable):
        one.go(intake)
    assert read_progress(one.places.progress, SAME) is not None
    assert read_progress(one.places.progress, other) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 0}', '{"version": 1}', '{"version": 1, "same": {}}'])
def test_a_damaged_progress_file_starts_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.json").write_text(text)
    assert read_progress(tmp_path / "p.json", SAME) is None


def test_a_limit_counts_rows_of_the_file_over_all_runs(tmp_path: Path) -> None:
    intake = Intake()
    _, progress = Import(tmp_path, [EMPTY, GOOD, GOOD, REFUSED_HERE, GOOD, GOOD], limit=3).go(intake)
    assert (progress.tally.rows, progress.tally.registered, progress.last_row) == (3, 2, 5)


def test_a_rehearsal_counts_what_would_be_sent_and_writes_nothing(tmp_path: Path) -> None:
    progress = Progress(SAME)
    work = batches(rows([GOOD, REFUSED_HERE, EMPTY]), columns(constants={"channel": "online"}), progress, None)
    assert rehearse(work, progress, threading.Event())
    assert (progress.tally.registered, progress.tally.refused, progress.tally.empty) == (1, 1, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_leaves_the_files_in_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: False)
    places = Places.beside(tmp_path / "x.csv", "0123456789abcdef0123", tmp_path / "home")
    assert places.refused == tmp_path / "home" / "imports" / "0123456789abcdef-x.csv.refused.jsonl"


def test_counts_that_do_not_add_up_are_an_error() -> None:
    tally = Tally()
    tally.take("registered")
    tally.rows += 1
    with pytest.raises(DoesNotAddUp):
        tally.require_sum()
    with pytest.raises(DoesNotAddUp):
        tally.take("lost")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from([GOOD, GOOD, REFUSED_HERE, REFUSED_THERE, EMPTY, MALFORMED, TWIN]), max_size=1800),
    breaks=st.lists(st.integers(0, 2), max_size=4),
)
def test_however_often_it_breaks_off_every_row_is_accounted_for_once(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[int], breaks: list[int]
) -> None:
    one, intake = Import(tmp_path_factory.mktemp("import"), kinds), Intake()
    through, progress = False, Progress(SAME)
    for after in (*breaks, None):
        intake.away_after = None if after is None else intake.batches + after
        try:
            through, progress = one.go(intake)
        except Unavailable:
            continue
    tally = progress.tally
    tally.require_sum()
    assert through
    assert tally.rows == sum(kind != EMPTY for kind in kinds)
    assert len(intake.known) == sum(kind in (GOOD, TWIN) for kind in kinds)
    assert [line["row"] for line in one.refused()] == [
        number for number, kind in enumerate(kinds, 2) if kind in (REFUSED_HERE, REFUSED_THERE, MALFORMED)
    ]
    assert [int(line[0]) for line in one.reported()[1:]] == [
        number for number, kind in enumerate(kinds, 2) if kind != EMPTY
    ]
