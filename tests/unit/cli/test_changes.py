"""`huiyin calendar load` on a running stack, `huiyin sla what-if` and `migrate`, against a stand-in of the services."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from huiyin.cli.rules import calendar_wait
from huiyin.cli.sla import rule_changes
from huiyin.main import build
from shared.business_time.loader import load_calendars
from shared.errors import CalendarError, Conflict, HuiyinError, InvalidInput, StackError
from shared.procedures.loader import LIBRARY_FOLDER

LOCAL = 'extends: cn\nversion: "2026.1-local"\nholidays: {2026-06-10: 本地假日}\n'
COUNTS = {
    "open": 3,
    "unchanged": 1,
    "earlier": 0,
    "later": 2,
    "appears": 0,
    "vanishes": 0,
    "overdue_at_once": 0,
    "confirmed": 0,
}
RESULT = {
    "change": "cn@2026.1-local",
    "cases": 3,
    "clocks": {"reply": COUNTS},
    "total": COUNTS,
    "moved_by_seconds": {"median": 86_400.0, "max": 90_000.0},
    "examples": [
        {
            "case_id": "00000000-0000-4000-8000-000000000001",
            "clock": "reply",
            "cycle": 1,
            "outcome": "later",
            "old_due": "2026-06-10T16:00:00+00:00",
            "new_due": "2026-06-11T16:00:00+00:00",
            "moved_by_seconds": 86_400.0,
            "overdue_at_once": False,
        }
    ],
}


@dataclass
class Service:
    """What the stand-in answers, and what it was asked."""

    recomputations: list[Any] = field(default_factory=lambda: [[]])
    answer: str = ""
    status: int = 200
    asked: list[Any] = field(default_factory=list)

    def next(self) -> Any:
        return self.recomputations.pop(0) if len(self.recomputations) > 1 else self.recomputations[0]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Service]:
    """The sla service as the command line finds it."""
    found = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._emit(200, json.dumps(found.next()))

        def do_POST(self) -> None:
            found.asked.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self._emit(found.status, found.answer)

        def _emit(self, status: int, text: str) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("SLA", "INTAKE"):
        monkeypatch.setenv(f"HUIYIN_{name}_URL", f"http://127.0.0.1:{server.server_address[1]}")
    monkeypatch.setattr(rule_changes, "_LOOK_SECONDS", 0.01)
    monkeypatch.setenv("HUIYIN_KEY", "hyk_x")
    monkeypatch.setenv("HUIYIN_CALENDARS", str(tmp_path / "calendars"))
    monkeypatch.setattr(calendar_wait, "_LOOK_SECONDS", 0.01)
    yield found
    server.shutdown()


def run(*arguments: str) -> str:
    result = CliRunner().invoke(build(), list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def row(id: int, cause: str, *, finished: bool) -> dict[str, Any]:
    done = {"finished_at": "2026-01-01T00:00:00Z", "moved": 2, "confirmed": 1} if finished else {"finished_at": None}
    return {"id": id, "because": [cause], "looked_at": 3, "cases_open": 3, "moved": None, "confirmed": None, **done}


@pytest.fixture
def local(tmp_path: Path) -> Path:
    path = tmp_path / "local.yaml"
    path.write_text(LOCAL, "utf-8")
    return path


def test_load_waits_until_the_clocks_are_recomputed_and_says_how_many_moved(service: Service, local: Path) -> None:
    earlier, cause = row(4, "calendar:cn@2026.1-local", finished=True), "calendar:cn@2026.1-local"
    under_way, done = row(5, cause, finished=False), row(5, cause, finished=True)
    service.recomputations = [[earlier], [earlier], [under_way, earlier], [done, earlier]]

    output = run("calendar", "load", str(local))

    assert "2 clocks moved, 1 others became firm or provisional (3 open cases looked at)" in output


def test_load_can_go_on_without_waiting(service: Service, local: Path) -> None:
    assert "moved" not in run("calendar", "load", str(local), "--no-wait")


def test_load_says_when_the_service_does_not_take_it(
    service: Service, local: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_wait, "_TAKEN_SECONDS", 0.05)
    with pytest.raises(StackError):
        run("calendar", "load", str(local))


def test_load_writes_an_extension_out_as_a_whole_calendar_and_a_second_adds_to_it(
    service: Service, local: Path, tmp_path: Path
) -> None:
    run("calendar", "load", str(local), "--no-wait")
    local.write_text('extends: cn\nversion: "2026.1-local2"\nholidays: ["2026-06-11"]\n', "utf-8")
    run("calendar", "load", str(local), "--no-wait")

    found = load_calendars(tmp_path / "calendars")["cn"]
    assert found.version == "2026.1-local2"
    assert {"2026-06-10", "2026-06-11"} <= {day.isoformat() for day in found.holidays}
    assert found.makeup_workdays == load_calendars()["cn"].makeup_workdays


def test_load_refuses_other_content_under_a_built_in_version_and_an_extension_that_is_wrong(
    service: Service, local: Path, tmp_path: Path
) -> None:
    local.write_text('id: cn\nversion: "2026.1"\ntime_zone: UTC\nweek: {mon: [["09:00", "17:00"]]}\n', "utf-8")
    with pytest.raises(Conflict):
        run("calendar", "load", str(local))
    local.write_text(LOCAL + "week: {}\n", "utf-8")
    with pytest.raises(CalendarError) as caught:
        run("calendar", "load", str(local))
    assert caught.value.field == "local.yaml: week"
    assert not (tmp_path / "calendars").exists()


def test_what_if_sends_the_calendar_and_shows_what_would_move(service: Service, local: Path) -> None:
    service.answer = json.dumps({"looked": 3}) + "\n" + json.dumps({"result": RESULT}) + "\n"

    output = run("sla", "what-if", "--calendar", str(local))

    sent = {"extends": "cn", "version": "2026.1-local", "holidays": {"2026-06-10": "本地假日"}}
    assert service.asked == [{"calendar": sent}]
    lines = output.splitlines()
    assert lines[0] == "cn@2026.1-local: 3 open cases"
    assert lines[2].split() == ["reply", "3", "1", "0", "2", "0", "0", "0", "0"]
    assert lines[4] == "moved by 24:00 h (median), 25:00 h at most"
    assert "reply #1  later  2026-06-10 16:00Z -> 2026-06-11 16:00Z" in lines[5]
    assert json.loads(run("sla", "what-if", "--calendar", str(local), "--json")) == RESULT


def test_what_if_sends_the_procedure(service: Service) -> None:
    service.answer = json.dumps({"result": RESULT}) + "\n"
    file = sorted(LIBRARY_FOLDER.glob("*.yaml"))[0]

    run("sla", "what-if", "--file", str(file), "--from", "1")

    asked = service.asked[0]
    assert (asked["from"], asked["procedure"], asked["document"]["id"]) == (1, asked["document"]["id"], file.stem)


def test_what_if_refuses_a_question_that_is_none(service: Service, local: Path) -> None:
    for arguments in ((), ("--file", str(local), "--calendar", str(local))):
        with pytest.raises(InvalidInput):
            run("sla", "what-if", *arguments)


def test_what_if_passes_a_refusal_on_with_its_field(service: Service, local: Path) -> None:
    service.status, service.answer = 422, json.dumps({"title": "a version", "field": "calendar.version"})
    with pytest.raises(HuiyinError) as caught:
        run("sla", "what-if", "--calendar", str(local))
    assert caught.value.field == "calendar.version"


def test_an_answer_that_breaks_off_is_no_result(service: Service, local: Path) -> None:
    service.answer = json.dumps({"looked": 3}) + "\n"
    with pytest.raises(HuiyinError):
        run("sla", "what-if", "--calendar", str(local))


MIGRATE = ("sla", "migrate", "--procedure", "sample", "--to", "2", "--reason", "新规")


def test_migrate_waits_until_all_cases_have_moved(service: Service) -> None:
    decided = {"id": "m1", "migrated": 0, "finished_at": None}
    service.answer, service.status = json.dumps(decided), 202
    service.recomputations = [decided, {**decided, "migrated": 7}, {**decided, "migrated": 9, "finished_at": "now"}]

    output = run(*MIGRATE, "--mode", "restart", "--from", "1")

    assert service.asked == [{"to_version": 2, "mode": "restart", "reason": "新规", "from_version": 1}]
    assert "9 open cases of sample go on under version 2 (m1)" in output


def test_migrate_can_say_beforehand_how_clocks_would_move(service: Service) -> None:
    service.answer = json.dumps({"result": RESULT}) + "\n"
    assert "3 open cases" in run(*MIGRATE, "--mode", "restart", "--dry-run")
    assert service.asked == [{"procedure": "sample", "to": 2, "mode": "restart"}]
    with pytest.raises(InvalidInput):
        run(*MIGRATE, "--mode", "leave", "--dry-run")


def test_a_decision_to_leave_cases_where_they_are_is_shown_as_such(service: Service) -> None:
    service.answer, service.status = json.dumps({"id": "m1", "migrated": 0, "finished_at": "now"}), 202
    assert "stay with their versions" in run(*MIGRATE, "--mode", "leave")
