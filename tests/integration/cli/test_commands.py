"""The commands around cases, events and keys, against the running stack."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import Stack, wait_until

COMPLAINT = {
    "procedure": "baoshan-efficiency",
    "channel": "telephone",
    "fields": {"content": "窗口态度粗暴", "ground": "rude-conduct", "name": "canary-7261"},
}


@pytest.fixture(scope="module")
def case(stack: Stack) -> dict[str, Any]:
    """A complaint that a department has."""
    with stack.client() as http:
        registered: dict[str, Any] = http.post(f"{stack.url('intake')}/v1/complaints", json=COMPLAINT).json()
    wait_until(lambda: shown(stack, registered["case_number"])["case"]["status"] == "assigned", 60, "nobody has it")
    return registered


def shown(stack: Stack, number: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(stack.command("case", "show", number, "--json").stdout)
    return found


def test_a_case_is_shown_with_clocks_timeline_and_notices_and_without_its_identity(
    stack: Stack, case: dict[str, Any]
) -> None:
    printed = stack.command("case", "show", case["case_number"], "--lang", "zh").stdout
    assert "宝山区行政效能投诉" in printed
    assert "办理期限  计时中" in printed
    assert "canary-7261" not in printed
    assert case["case_id"] == shown(stack, case["case_number"])["case"]["case_id"]


def test_a_report_of_a_department_is_noted_and_shows_in_the_timeline(stack: Stack, case: dict[str, Any]) -> None:
    number = case["case_number"]
    department = shown(stack, number)["case"]["department"]
    stack.command("case", "report", number, "accepted-by-department", "--by", department, "--person", "s-17")
    wait_until(
        lambda: "accepted-by-department" in [one["occurrence"] for one in shown(stack, number)["timeline"]],
        60,
        "the report is not in the timeline",
    )
    assert ["s-17"] in [one["details"].get("persons") for one in shown(stack, number)["timeline"]]
    assert "persons=s-17" in stack.command("case", "show", number).stdout


def test_a_report_that_the_procedure_does_not_allow_names_the_field(stack: Stack, case: dict[str, Any]) -> None:
    run = stack.command("case", "report", case["case_number"], "flown-to-the-moon", "--by", "nobody", check=False)
    assert run.returncode == 1
    assert "milestone" in run.stderr
    assert "Traceback" not in run.stderr


def test_cases_are_listed_by_state_and_procedure(stack: Stack, case: dict[str, Any]) -> None:
    found = json.loads(
        stack.command("case", "list", "--procedure", "baoshan-efficiency", "--limit", "1000", "--json").stdout
    )
    assert case["case_number"] in [one["case_number"] for one in found]
    assert stack.command("case", "list", "--state", "archived").stdout == "no such cases\n"


def test_the_events_of_a_case_are_followed_without_its_identity(stack: Stack, case: dict[str, Any]) -> None:
    lines = stack.command("tail", "--once", "--case", case["case_id"], "--json").stdout.splitlines()
    types = [json.loads(line)["type"] for line in lines]
    assert types[0] == "huiyin.complaint.registered.v1"
    assert "huiyin.assignment.assigned.v1" in types
    assert all(json.loads(line)["subject"] == case["case_id"] for line in lines)
    assert "canary-7261" not in "".join(lines)
    short = stack.command("tail", "complaints", "--once", "--case", case["case_id"], "--type", "complaint.adm*").stdout
    assert [line.split()[2] for line in short.splitlines()] == ["complaint.admitted"]


def test_topics_tell_their_size_and_who_is_behind(stack: Stack, case: dict[str, Any]) -> None:
    def caught_up() -> bool:
        topics = {one["name"]: one for one in json.loads(stack.command("topics", "--json").stdout)}
        complaints = topics["huiyin.complaints.v1"]
        assert complaints["partitions"] == 6
        return complaints["records"] >= 3 and len(complaints["lag"]) == 3 and not any(complaints["lag"].values())

    wait_until(caught_up, 60, "some consumer stays behind")


def test_a_topic_that_is_not_there_is_one_clear_error(stack: Stack) -> None:
    run = stack.command("tail", "nonsense", "--once", check=False)
    assert (run.returncode, "Traceback" in run.stderr) == (1, False)
    assert "the broker has no such topic" in run.stderr


def test_a_key_works_within_its_scope_until_it_is_revoked(stack: Stack) -> None:
    secret = stack.command("keys", "new", "reader", "--scope", "cases:read", "--expires", "1d").stdout.strip()
    url, headers = stack.url("intake"), {"Authorization": f"Bearer {secret}"}
    assert httpx.get(f"{url}/v1/cases", headers=headers).status_code == 200
    assert httpx.post(f"{url}/v1/complaints", headers=headers, json=COMPLAINT).status_code == 403
    assert stack.command("keys", "new", "reader", "--scope", "cases:read", check=False).returncode == 1
    keys = json.loads(stack.command("keys", "list", "--json").stdout)
    listed = {one["service"]: one for one in keys if one["name"] == "reader"}
    assert set(listed) == {"intake", "routing", "sla", "notify"}
    assert all(one["state"].startswith("works until 2") for one in listed.values())
    stack.command("keys", "revoke", "reader")
    wait_until(lambda: httpx.get(f"{url}/v1/cases", headers=headers).status_code == 401, 15, "the key still works")
    assert stack.command("keys", "revoke", "reader", check=False).returncode == 1


def test_an_unreadable_record_is_listed_shown_without_payload_replayed_and_dropped(stack: Stack) -> None:
    from kafka import KafkaProducer

    producer = KafkaProducer(bootstrap_servers=stack.state["kafka"])
    producer.send("huiyin.complaints.v1", value=b"canary-9313", partition=0).get(timeout=30)
    producer.close()

    def dead_letters() -> list[str]:
        found = json.loads(stack.command("dead-letters", "list", "--service", "sla", "--json").stdout)
        return [one["letter"] for one in found]

    wait_until(lambda: len(dead_letters()) == 1, 60, "the record was never a dead letter")
    (letter,) = dead_letters()
    plain = stack.command("dead-letters", "show", letter).stdout
    assert "canary-9313" not in plain + stack.command("dead-letters", "list").stdout
    assert json.loads(plain)["topic"] == "huiyin.complaints.v1"
    assert "canary-9313" in stack.command("dead-letters", "show", letter, "--payload").stdout
    stack.command("dead-letters", "replay", letter)
    wait_until(lambda: dead_letters() not in ([], [letter]), 60, "the replayed record was never read again")
    stack.command("dead-letters", "drop", *dead_letters())
    assert dead_letters() == []


def test_a_replayed_event_takes_effect_in_the_service_that_had_parked_it(stack: Stack, case: dict[str, Any]) -> None:
    """intake is made to look as if it had parked the assignment of the case."""
    event = asyncio.run(park_assignment(stack, case["case_id"]))
    assert "assigned" not in [one["occurrence"].split(":")[0] for one in shown(stack, case["case_number"])["timeline"]]
    (letter,) = [
        one["letter"]
        for one in json.loads(stack.command("dead-letters", "list", "--service", "intake", "--json").stdout)
        if one["event_id"] == event
    ]
    assert letter in stack.command("dead-letters", "replay", letter).stdout
    wait_until(
        lambda: (
            "assigned" in [one["occurrence"].split(":")[0] for one in shown(stack, case["case_number"])["timeline"]]
        ),
        60,
        "the event never took effect",
    )


async def park_assignment(stack: Stack, case_id: str) -> str:
    """Take the assignment out of intake's timeline and put it among the dead letters; returns the event's id."""
    (emitted,) = await stack.query(
        "routing", "SELECT event_id, topic, value FROM outbox WHERE case_id = $1 AND type LIKE '%.assigned.v1'", case_id
    )
    await stack.query("intake", "DELETE FROM timeline WHERE event_id = $1", emitted["event_id"])
    (taken,) = await stack.query("intake", "SELECT consumer FROM inbox WHERE event_id = $1", emitted["event_id"])
    await stack.query(
        "intake",
        'INSERT INTO dead_letters (consumer, event_id, case_id, topic, partition, "offset", reason, value, failed_at)'
        " VALUES ($1, $2, $3, $4, 0, 0, 'ValueError', $5, now())",
        taken["consumer"],
        emitted["event_id"],
        case_id,
        emitted["topic"],
        emitted["value"],
    )
    return str(emitted["event_id"])


def test_secrets_of_keys_are_nowhere_in_the_home_but_in_their_own_files(stack: Stack) -> None:
    secret = Path(stack.state["local_key_file"]).read_text("ascii").strip()
    for path in (*stack.home.glob("*.json"), *stack.home.glob("logs/*.log")):
        assert secret not in path.read_text("utf-8", "replace")
