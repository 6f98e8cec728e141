"""The example for departments in docs/messaging.md, run as it stands: a key is made, reports are signed and taken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.integration.cli.test_commands import COMPLAINT, shown
from tests.running import Stack, wait_until

EXAMPLE = re.search(r"```python\n(.*?)```", Path("docs/messaging.md").read_text("utf-8"), re.DOTALL)
OFFICE = "baoshan-efficiency/district-centre"


@pytest.fixture
def case(stack: Stack) -> dict[str, Any]:
    """A complaint of the district centre's: it has no unit complained of."""
    with stack.client() as http:
        registered: dict[str, Any] = http.post(f"{stack.url('intake')}/v1/complaints", json=COMPLAINT).json()
    wait_until(lambda: shown(stack, registered["case_number"])["case"]["status"] == "assigned", 60, "nobody has it")
    return registered


def example(stack: Stack, monkeypatch: pytest.MonkeyPatch, private_key: str) -> Any:
    """The example's `report`."""
    assert EXAMPLE is not None
    monkeypatch.setenv("HUIYIN_PRIVATE_KEY", private_key)
    monkeypatch.setenv("HUIYIN_KAFKA", stack.state["kafka"])
    names: dict[str, Any] = {}
    exec(EXAMPLE[1], names)  # noqa: S102  (our own document)
    return names["report"]


def answers(stack: Stack, case: dict[str, Any]) -> list[tuple[str, str | None]]:
    """What routing said of the case's reports: the milestone, and the code of a rejection."""
    lines = stack.command("tail", "assignments", "--once", "--case", case["case_id"], "--json").stdout.splitlines()
    found = [json.loads(line)["data"] for line in lines]
    return [(one["milestone"], one.get("code")) for one in found if "milestone" in one]


def test_a_department_reports_from_its_own_system_as_the_document_shows(
    stack: Stack, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stack.command("keys", "new", "town-system", "--scope", "reports:write", "--acts-as", OFFICE, "--signing")
    _, private = made.stdout.split()
    listed = [one for one in json.loads(stack.command("keys", "list", "--json").stdout) if one["name"] == "town-system"]
    assert {(one["signing"], *one["acts_as"]) for one in listed} == {(True, OFFICE)}
    report = example(stack, monkeypatch, private)
    given = (case["case_id"], "baoshan-efficiency", 1, "accepted-by-department", "district-centre")
    report(*given, person="s-17")
    report(*given, person="s-17")  # sent twice
    wait_until(lambda: answers(stack, case) == [("accepted-by-department", None)], 60, "the report was not taken")
    report(case["case_id"], "baoshan-efficiency", 2, "leader-approved", "leader-in-charge")
    wait_until(lambda: ("leader-approved", "not-its-office") in answers(stack, case), 60, "it was not turned away")

    new = stack.command("keys", "rotate", "town-system", "--overlap", "0h").stdout.strip()
    report(case["case_id"], "baoshan-efficiency", 3, "explanation-required", "district-centre")
    wait_until(lambda: ("explanation-required", "wrong-signature") in answers(stack, case), 60, "an old key signs on")
    example(stack, monkeypatch, new)(
        case["case_id"], "baoshan-efficiency", 3, "explanation-required", "district-centre"
    )
    wait_until(lambda: ("explanation-required", None) in answers(stack, case), 60, "the new key does not sign")
    stack.command("keys", "revoke", "town-system")
    assert stack.command("keys", "rotate", "town-system", check=False).returncode == 1


@pytest.mark.parametrize(
    ("office", "says"),
    [
        ("baoshan-eficiency/*", "there is no procedure baoshan-eficiency"),
        ("baoshan-efficiency/town-centre", "baoshan-efficiency has no office town-centre"),
        ("town-sub-centre", "PROCEDURE/OFFICE"),
    ],
)
def test_a_key_for_an_office_that_there_is_not_is_not_made(stack: Stack, office: str, says: str) -> None:
    run = stack.command("keys", "new", "lost", "--scope", "reports:write", "--acts-as", office, check=False)
    assert (run.returncode, run.stdout) == (1, "")
    assert says in run.stderr
    assert "--acts-as" in run.stderr
    assert "lost" not in [one["name"] for one in json.loads(stack.command("keys", "list", "--json").stdout)]
