"""`huiyin report` against the running stack: a report is opened by itself, its deadline runs, and it is signed off."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import openpyxl
import pytest

from tests.running import Stack, wait_until

REPORT = ("exchange-meeting", "--procedure", "vanke-developer")


def shown(stack: Stack) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.command("report", "show", *REPORT, "--json").stdout)
    return found


def clocks(stack: Stack, id: str) -> list[dict[str, Any]]:
    with stack.client() as http:
        answer = http.get(f"{stack.url('sla')}/v1/cases/{id}/clocks")
    found: list[dict[str, Any]] = answer.json()["clocks"] if answer.is_success else []
    return found


@pytest.fixture(scope="module")
def report(stack: Stack) -> dict[str, Any]:
    """This month's meeting, which may be held on any day of it."""
    wait_until(lambda: "exchange-meeting" in stack.command("report", "list").stdout, 60, "no report is opened")
    wait_until(lambda: shown(stack)["edition"] == 1, 60, "it cannot be made")
    return shown(stack)


def test_its_deadline_runs_in_the_sla_service_until_it_is_signed_off(stack: Stack, report: dict[str, Any]) -> None:
    id = report["report_id"]
    wait_until(lambda: [one["state"] for one in clocks(stack, id)] == ["running"], 60, "no clock runs")
    (clock,) = clocks(stack, id)
    assert (clock["clock"], clock["due_at"][:19]) == ("exchange-meeting", report["due_at"][:19])
    refused = stack.command("report", "sign-off", *REPORT, "--by", "customer-service-centre", check=False)
    assert "fields.held-on: this field is needed" in refused.stderr
    words = ("--by", "customer-service-centre", "--field", "held-on=2026-01-05", "--field", "minutes=canary-5512")
    printed = stack.command("report", "sign-off", *REPORT, *words, "--person", "a-17").stdout
    assert printed == f"exchange-meeting {report['period']}: made, edition 1\n"
    wait_until(lambda: [one["state"] for one in clocks(stack, id)] == ["met"], 60, "the clock runs on")
    assert "canary-5512" not in json.dumps(shown(stack))
    read = json.loads(stack.command("report", "show", *REPORT, "--purpose", "review", "--json").stdout)
    assert read["texts"] == {"minutes": "canary-5512"}


def test_a_report_is_read_as_a_table_a_csv_file_and_a_workbook(
    stack: Stack, report: dict[str, Any], tmp_path: Path
) -> None:
    printed = stack.command("report", "show", *REPORT, "--lang", "zh").stdout
    assert printed.startswith(f"专员月度交流会 {report['period']}\n")
    stack.command("report", "list", "--procedure", "vanke-developer", "--csv", str(tmp_path / "x.csv"))
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert f"exchange-meeting Monthly exchange meeting of the commissioners/{report['period']}" in {
        f"{row['report']}/{row['period']}" for row in rows
    }
    stack.command("report", "show", *REPORT, "--xlsx", str(tmp_path / "x.xlsx"))
    assert openpyxl.load_workbook(tmp_path / "x.xlsx").sheetnames == [report["period"]]


def test_one_whose_period_goes_on_is_refused_with_the_instant_from_which_it_can_be_made(stack: Stack) -> None:
    words = ("month-report", "--by", "customer-service-centre")
    refused = stack.command("report", "sign-off", *words, check=False)
    assert refused.returncode == 1
    assert "the period is not over" in refused.stderr
    assert "it can be made from" in refused.stderr


def test_no_event_of_a_report_waits_anywhere_for_a_registration(stack: Stack, report: dict[str, Any]) -> None:
    wait_until(lambda: not asyncio.run(stack.missing()), 60, "some consumer stays behind")

    async def left(service: str) -> int:
        rows = await stack.query(service, "SELECT (SELECT count(*) FROM held_events) AS n")
        return int(rows[0]["n"])

    assert {service: asyncio.run(left(service)) for service in ("routing", "sla", "notify", "intake")} == dict.fromkeys(
        ("routing", "sla", "notify", "intake"), 0
    )
    rows = asyncio.run(stack.query("routing", "SELECT id FROM cases WHERE id = $1", UUID(report["report_id"])))
    assert rows == []
