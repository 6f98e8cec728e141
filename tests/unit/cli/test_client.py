"""Finding the stack, showing an API's errors by field, and sending a batch until it is settled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from huiyin.cli.client import TIMEOUT, Api, Connection, raise_for_problem
from huiyin.importing.send import Sender, Stopped
from shared.errors import (
    Conflict,
    Forbidden,
    HuiyinError,
    InvalidInput,
    NotFound,
    StackError,
    TooLarge,
    Unauthorised,
    Unavailable,
)
from shared.retry import RetryPolicy

Answer = Callable[[httpx.Request], httpx.Response]


def api(answer: Answer) -> Api:
    """An API client whose service is this function."""
    found = Api("intake", "http://intake.test", "hyk_key", TIMEOUT)
    found.http = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://intake.test")
    return found


def test_without_a_stack_the_line_says_what_to_do(tmp_path: Path) -> None:
    connection = Connection(tmp_path, {})
    questions: list[Callable[[], str]] = [lambda: connection.url("intake"), connection.kafka, connection.key]
    for ask in questions:
        with pytest.raises(StackError) as refused:
            ask()
        assert refused.value.message == f"no stack is up in {tmp_path}: huiyin up"


def test_addresses_and_key_of_the_environment_need_no_stack(tmp_path: Path) -> None:
    environ = {"HUIYIN_INTAKE_URL": "https://intake.test/", "HUIYIN_KEY": " hyk_x\n", "HUIYIN_KAFKA": "broker:9092"}
    connection = Connection(tmp_path, environ)
    assert (connection.url("intake"), connection.key(), connection.kafka()) == (
        "https://intake.test",
        "hyk_x",
        "broker:9092",
    )
    with pytest.raises(StackError):
        connection.url("routing")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidInput),
        (401, Unauthorised),
        (403, Forbidden),
        (404, NotFound),
        (409, Conflict),
        (413, TooLarge),
        (422, InvalidInput),
        (500, HuiyinError),
        (503, Unavailable),
    ],
)
def test_a_problem_becomes_the_error_of_its_status_with_field_and_hint(status: int, kind: type[HuiyinError]) -> None:
    body = {"title": "no such thing", "field": "procedure", "hint": "look again", "status": status}
    with pytest.raises(kind) as raised:
        raise_for_problem(httpx.Response(status, json=body))
    assert type(raised.value) is kind
    assert (raised.value.message, raised.value.field, raised.value.hint) == ("no such thing", "procedure", "look again")


def test_several_errors_are_shown_a_line_each() -> None:
    errors = [{"field": "fields.a", "message": "needed"}, {"message": "odd"}, "plain"]
    with pytest.raises(InvalidInput) as raised:
        raise_for_problem(httpx.Response(422, json={"title": "needed", "errors": errors}))
    assert raised.value.message == "needed\n  fields.a: needed\n  odd\n  plain"


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'"x"'])
def test_an_answer_without_a_reason_is_still_one_line(content: bytes) -> None:
    with pytest.raises(Unavailable, match="answers 502 without a reason"):
        raise_for_problem(httpx.Response(502, content=content))


def test_a_service_that_is_away_is_named() -> None:
    def away(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(Unavailable, match=r"intake at http://intake.test does not answer \(ConnectError\)"):
        api(away).get("/v1/cases")


class Scripted:
    """A service that gives these answers in turn: an exception, a response, or a function of the rows."""

    def __init__(self, *script: Any) -> None:
        self.script = list(script)
        self.seen: list[list[dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        rows = [json.loads(line) for line in request.content.splitlines()]
        self.seen.append(rows)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            raise step
        if isinstance(step, httpx.Response):
            return step
        return httpx.Response(200, content="".join(json.dumps(step(row)) + "\n" for row in rows))


def registered(row: dict[str, Any]) -> dict[str, Any]:
    return {"status": "registered", "case_number": f"S-{row['n']}"}


def busy_for_two(row: dict[str, Any]) -> dict[str, Any]:
    if row["n"] != 2:
        return registered(row)
    return {"status": "refused", "errors": [{"field": "row", "message": "away now", "again": True}]}


def send(service: Scripted, stop: threading.Event | None = None) -> list[dict[str, Any]]:
    sender = Sender(api(service), stop or threading.Event(), retry=RetryPolicy((0.0, 0.0, 0.0)))
    return sender.send([{"n": 1}, {"n": 2}, {"n": 3}])


NUMBERS = ["S-1", "S-2", "S-3"]
RECOVERS: list[tuple[str, Scripted]] = [
    ("connection refused", Scripted(httpx.ConnectError("x"), registered)),
    ("connection lost", Scripted(httpx.RemoteProtocolError("x"), httpx.ReadTimeout("x"), registered)),
    ("answer cut off between lines", Scripted(httpx.Response(200, content=b'{"status": "registered"}\n'), registered)),
    ("answer cut off within a line", Scripted(httpx.Response(200, content=b'{"status": "regis'), registered)),
    ("service away", Scripted(httpx.Response(503), httpx.Response(429), httpx.Response(500), registered)),
    ("one row not settled", Scripted(busy_for_two, registered)),
    ("one row not settled, then away", Scripted(busy_for_two, httpx.ConnectError("x"), registered)),
]


@pytest.mark.parametrize("service", [s for _, s in RECOVERS], ids=[name for name, _ in RECOVERS])
def test_a_batch_is_sent_until_every_row_is_settled(service: Scripted) -> None:
    assert [result["case_number"] for result in send(service)] == NUMBERS
    assert service.script == []


def test_only_the_row_that_was_not_settled_is_sent_again() -> None:
    service = Scripted(busy_for_two, registered)
    send(service)
    assert [[row["n"] for row in rows] for rows in service.seen] == [[1, 2, 3], [2]]


@pytest.mark.parametrize("status", [401, 403, 413, 422])
def test_an_error_that_trying_again_cannot_mend_ends_at_once(status: int) -> None:
    service = Scripted(httpx.Response(status, json={"title": "no"}))
    with pytest.raises(HuiyinError, match="no"):
        send(service)
    assert len(service.seen) == 1


def test_after_all_tries_it_is_unavailable() -> None:
    service = Scripted(*(httpx.ConnectError("x") for _ in range(4)))
    with pytest.raises(Unavailable):
        send(service)
    assert len(service.seen) == 4


def test_a_request_to_stop_ends_the_waiting() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        send(Scripted(httpx.ConnectError("x")), stop)
