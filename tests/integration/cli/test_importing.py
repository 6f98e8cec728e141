"""Files go into the real intake whole: every row is accounted for, whatever is killed on the way."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import signal
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl

from huiyin.importing.send import ROWS as BATCH
from huiyin.importing.send import is_unsettled
from tests.running import HUIYIN, Stack, wait_until

TRAPS = (
    "内容,留言时间,事由,姓名\n"
    "窗口推诿,2025-12-30 17:06:14,推诿拖延、敷衍低效,李一\n"  # row 2
    '"第一行\n第二行",2025/12/31,passing-the-buck,李二\n'
    "窗口推诿,2025-12-30 17:06:14,推诿拖延、敷衍低效,李一\n"  # the same again: another complaint of the same kind
    "\n"
    ",2025-12-30,rude-conduct,李三\n"  # row 6: no content
    "只有一列\n"
    "态度粗暴,不久以前,rude-conduct,李四\n"  # row 8: no time
    "态度粗暴,2025-12-30,不知道的事由,李五\n"
    f"{'长' * 10_001},2025-12-30,rude-conduct,李六\n"
    "空字\x00符,2025-12-30,rude-conduct,李七\n"
    "态度粗暴,2999-01-01,rude-conduct,李八\n"  # row 12: only intake knows that this is the future
    "态度粗暴,43830.7131,RUDE_CONDUCT,李九\n"
)
REFUSED = [
    (6, ["content"]),
    (7, [None]),
    (8, ["received_at"]),
    (9, ["ground"]),
    (10, ["content"]),
    (11, ["content"]),
    (12, ["received_at"]),
]


def run_import(stack: Stack, file: Path, *options: str, procedure: str = "baoshan-efficiency") -> dict[str, Any]:
    """The summary of an import by the real command."""
    words = ("import", str(file), "-p", procedure, "--channel", "online", "--json", *options)
    summary: dict[str, Any] = json.loads(stack.command(*words).stdout)
    return summary


def counts(summary: dict[str, Any]) -> tuple[int, ...]:
    return tuple(summary[name] for name in ("rows", "registered", "duplicates", "existing", "refused", "empty"))


def test_a_file_full_of_traps_adds_up_and_its_refused_rows_are_written_with_reasons(
    stack: Stack, tmp_path: Path
) -> None:
    file = tmp_path / "traps.csv"
    file.write_bytes(TRAPS.encode("gb18030"))
    rehearsal = run_import(stack, file, "--dry-run")
    assert counts(rehearsal) == (11, 5, 0, 0, 6, 1)
    assert list(tmp_path.iterdir()) == [file]
    summary = run_import(stack, file, "--map", "ground=事由")
    assert counts(summary) == (11, 4, 0, 0, 7, 1)
    lines = [json.loads(line) for line in (tmp_path / "traps.csv.refused.jsonl").read_text("utf-8").splitlines()]
    assert [(line["row"], [reason["field"] for reason in line["reasons"]]) for line in lines] == REFUSED
    again = run_import(stack, file, "--map", "ground=事由")
    assert counts(again) == (11, 0, 0, 4, 7, 1)


def test_a_workbook_is_imported_and_its_cases_can_be_read_back(stack: Stack, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["投诉内容", "received at", "姓名", "联系电话", "事由"])
    book.active.append(["迟迟不办", datetime(2025, 3, 3, 9, 30), "王小明", 13800138000, "rude-conduct"])  # noqa: DTZ001
    book.save(tmp_path / "one.xlsx")
    summary = run_import(stack, tmp_path / "one.xlsx", "--report", str(tmp_path / "report.csv"))
    assert counts(summary) == (1, 1, 0, 0, 0, 0)
    (line,) = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text("utf-8-sig"))))
    shown = json.loads(
        stack.command("case", "show", line["case_number"], "--identity", "--purpose", "call-back", "--json").stdout
    )
    assert shown["case"]["case_id"] == line["case_id"]
    assert shown["case"]["received_at"] == "2025-03-03T01:30:00+00:00"  # 09:30 in Shanghai
    assert shown["case"]["identity"] == {"content": "迟迟不办", "name": "王小明", "phone": "13800138000"}
    shown = stack.command("case", "show", line["case_number"]).stdout
    assert "王小明" not in shown
    assert "2025-03-03 09:30" in shown


def test_rows_that_were_registered_are_not_taken_again_with_other_content(stack: Stack, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("content,what\na,rude-conduct\n", encoding="utf-8")
    assert counts(run_import(stack, file)) == (1, 1, 0, 0, 0, 0)
    other = run_import(stack, file, "--map", "ground=what")
    assert counts(other) == (1, 0, 0, 0, 1, 0)
    assert "idempotency_key" in next(iter(other["reasons"]))


def start_import(stack: Stack, file: Path) -> subprocess.Popen[str]:
    words = [HUIYIN, "import", str(file), "-p", "baoshan-efficiency", "--channel", "online", "--json"]
    environment = {**os.environ, "HUIYIN_HOME": str(stack.home)}
    return subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def many(file: Path, rows: int, what: str) -> Path:
    """A file of its own content: the same content again would be the same import."""
    lines = [f"{what}{number},rude-conduct" for number in range(rows)]
    file.write_text("\n".join(["内容,事由", *lines]), encoding="utf-8")
    return file


def rows_done(file: Path) -> int:
    progress = json.loads(Path(f"{file}.huiyin-import.json").read_text("utf-8"))
    return int(progress["tally"]["rows"])


def cases(stack: Stack) -> int:
    (row,) = asyncio.run(stack.query("intake", "SELECT count(*) FROM cases"))
    return int(row[0])


def test_an_interrupted_import_stops_after_its_batch_and_goes_on_there(stack: Stack, tmp_path: Path) -> None:
    file, before = many(tmp_path / "many.csv", 3 * BATCH, "暂停"), cases(stack)
    process = start_import(stack, file)
    wait_until(lambda: rows_done(file) >= BATCH, 120, "the first batch was never finished")
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=120)
    stopped = json.loads(out)
    assert process.returncode == 130, errors
    assert stopped["rows"] in (BATCH, 2 * BATCH)
    assert not stopped["finished"]
    assert counts(run_import(stack, file)) == (3 * BATCH, 3 * BATCH, 0, 0, 0, 0)
    assert cases(stack) - before == 3 * BATCH


def test_an_import_outlives_the_death_of_intake(stack: Stack, tmp_path: Path) -> None:
    file, before = many(tmp_path / "many.csv", 3 * BATCH, "中断"), cases(stack)
    process = start_import(stack, file)
    wait_until(lambda: rows_done(file) >= BATCH, 120, "the first batch was never finished")
    stack.kill("intake")
    out, errors = process.communicate(timeout=180)
    summary = json.loads(out)
    assert process.returncode == 0, errors
    assert summary["registered"] + summary["existing"] == 3 * BATCH
    assert cases(stack) - before == 3 * BATCH


def test_what_intake_says_of_a_row_to_be_sent_again_is_understood() -> None:
    from services.intake.registration import batch

    for error in (batch._BUSY, batch._AWAY):
        line = json.loads(batch.result_line(1, [error]))
        assert is_unsettled(line)
    for error in (batch._CHANGED, batch._FAILED):
        assert not is_unsettled(json.loads(batch.result_line(1, [error])))


def test_without_a_stack_there_is_one_line_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("content\na\n")
    run = Stack(tmp_path / "home").command(
        "import", str(tmp_path / "x.csv"), "-p", "baoshan-efficiency", "--channel", "online", check=False
    )
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == f"huiyin: no stack is up in {tmp_path / 'home'}: huiyin up"
