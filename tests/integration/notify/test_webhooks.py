"""Webhooks: signed as the standard says, thin, and unmoved by receivers that misbehave."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from services.notify.delivery.sinks import Message
from services.notify.delivery.sinks.webhook import RESPONSE_LIMIT, WebhookSink, retry_after
from services.notify.domain.recipients import Recipients, WebhookEndpoint
from shared.events.notices import NoticeSent
from tests.integration.notify.bench import CANARY, bench
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.unit.notify.samples import START, Story, case_id

pytestmark = pytest.mark.asyncio


def _secret(folder: Path, name: str = "secret", fill: bytes = b"s") -> Path:
    path = folder / name
    path.write_text("whsec_" + base64.b64encode(fill * 32).decode(), encoding="ascii")
    return path


def to_webhooks(folder: Path, **urls: str) -> Recipients:
    """Departments reached by webhooks on the loopback interface."""
    secret = str(_secret(folder))
    return Recipients.model_validate(
        {
            "department": {
                id: {"sink": "webhook", "url": url, "secret_file": secret, "allow": ["127.0.0.0/8"]}
                for id, url in urls.items()
            }
        }
    )


def _message(recipients: Recipients, department: str = "water") -> Message:
    return Message(
        id=UUID(int=9),
        case_id=case_id(),
        case_number="T-1",
        notice="assignment",
        addressee=f"department:{department}",
        endpoint=recipients.department[department],
        language="zh",
        subject="never sent",
        body="never sent",
        day=START.date(),
        made_at=START,
        facts={"notice_id": str(UUID(int=9)), "case_number": "T-1"},
    )


async def _ok(_request: Request) -> Answer:
    return Answer(204)


async def test_the_reference_verifier_accepts_a_request_and_refuses_one_with_a_changed_bit(tmp_path: Path) -> None:
    async with HttpServer(_ok) as server:
        recipients = to_webhooks(tmp_path, water=f"{server.url}/hook?x=1")
        (outcome,) = await WebhookSink(recipients).deliver([_message(recipients)])

    (request,) = server.requests
    verifier = Webhook(_secret(tmp_path).read_text("ascii"))
    assert outcome.kind == "sent"
    assert request.path == "/hook?x=1"
    assert verifier.verify(request.body, dict(request.headers))["data"]["case_number"] == "T-1"
    assert request.headers["webhook-id"] == str(UUID(int=9))
    with pytest.raises(WebhookVerificationError):
        verifier.verify(request.body.replace(b"T-1", b"T-2"), dict(request.headers))


async def test_while_a_secret_is_changed_receivers_with_either_accept(tmp_path: Path) -> None:
    new, old = _secret(tmp_path, "new", b"n"), _secret(tmp_path, "old", b"o")
    async with HttpServer(_ok) as server:
        endpoint = WebhookEndpoint.model_validate(
            {"sink": "webhook", "url": server.url, "secret_file": new, "old_secret_file": old, "allow": ["127.0.0.0/8"]}
        )
        recipients = Recipients(department={"water": endpoint})
        await WebhookSink(recipients).deliver([_message(recipients)])

    (request,) = server.requests
    for secret in (new, old):
        Webhook(secret.read_text("ascii")).verify(request.body, dict(request.headers))


@pytest.mark.parametrize(
    ("answer", "kind", "reason", "wait"),
    [
        (Answer(200, b"ok"), "sent", None, None),
        (Answer(202), "sent", None, None),
        (Answer(301, headers={"location": "http://169.254.169.254/"}), "away", "status-301", None),
        (Answer(307, headers={"location": "/other"}), "away", "status-307", None),
        (Answer(400), "again", "status-400", None),
        (Answer(404), "away", "status-404", None),
        (Answer(410), "gone", "status-410", None),
        (Answer(429, headers={"retry-after": "120"}), "away", "status-429", 120.0),
        (Answer(500), "away", "status-500", None),
        (Answer(503, headers={"retry-after": "junk"}), "away", "status-503", None),
    ],
)
async def test_what_a_receivers_answer_means(
    answer: Answer, kind: str, reason: str | None, wait: float | None, tmp_path: Path
) -> None:
    async def script(_request: Request) -> Answer:
        return answer

    async with HttpServer(script) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        (outcome,) = await WebhookSink(recipients).deliver([_message(recipients)])

    assert (outcome.kind, outcome.reason, outcome.wait) == (kind, reason, wait)
    assert len(server.requests) == 1  # no redirect was followed


async def test_a_receiver_that_hangs_is_left_after_the_timeout(tmp_path: Path) -> None:
    async def hang(_request: Request) -> Answer:
        await asyncio.sleep(3600)
        return Answer(200)

    async with HttpServer(hang) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        (outcome,) = await WebhookSink(recipients, timeout_seconds=0.3).deliver([_message(recipients)])

    assert (outcome.kind, outcome.reason) == ("away", "timeout")


async def test_an_answer_without_end_is_read_up_to_its_limit_only(tmp_path: Path) -> None:
    async def flood(_request: Request) -> Answer:
        return Answer(200, endless=True)

    async with HttpServer(flood) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        (outcome,) = await WebhookSink(recipients).deliver([_message(recipients)])

    assert outcome.kind == "sent"
    assert server.sent_bytes < RESPONSE_LIMIT + 8 * 1024 * 1024  # what the kernel's buffers hold beside it


async def test_a_receiver_that_nobody_allowed_is_never_connected_to(tmp_path: Path) -> None:
    async with HttpServer(_ok) as server:
        secret = str(_secret(tmp_path))
        recipients = Recipients.model_validate(
            {"department": {"water": {"sink": "webhook", "url": server.url, "secret_file": secret}}}
        )
        (outcome,) = await WebhookSink(recipients).deliver([_message(recipients)])

    assert (outcome.kind, outcome.reason) == ("away", "address-not-allowed")
    assert not server.requests


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("30", 30.0), (" 5 ", 5.0), ("Mon, 02 Nov 2026 01:02:00 GMT", 120.0), ("soon", None), ("-3", None)],
)
async def test_retry_after_is_read_as_seconds_or_a_date(value: str | None, seconds: float | None) -> None:
    assert retry_after(value, START) == seconds


async def test_a_departments_notice_carries_no_identity_and_no_text(engine: AsyncEngine, tmp_path: Path) -> None:
    async with HttpServer(_ok) as server:
        async with bench(engine, tmp_path / "out", recipients=to_webhooks(tmp_path, water=server.url)) as (it, vault):
            story = Story()
            await it.apply([story.registered(), story.assigned(), story.started()])
            async with it.sending():
                await it.until_state("assignment", "sent")
            assert ("", "notice:assignment") not in vault.asked

    (request,) = server.requests
    body = json.loads(request.body)
    assert body["data"]["department"] == "water"
    assert body["data"]["occurrence"] == "assigned"
    assert not any(value in request.body.decode() for value in CANARY.values())
    assert len(request.body) < 2000


async def test_a_failing_receiver_is_tried_again_with_the_same_id_until_it_answers(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    answers = iter([Answer(500), Answer(200)])

    async def script(_request: Request) -> Answer:
        return next(answers)

    async with HttpServer(script) as server:
        async with bench(engine, tmp_path / "out", recipients=to_webhooks(tmp_path, water=server.url)) as (it, _):
            story = Story()
            await it.apply([story.registered(), story.assigned(), story.started()])
            async with it.sending():
                row = await it.until_state("assignment", "sent")
            emitted = [event.data for event in await it.events() if isinstance(event.data, NoticeSent)]

    assert row.attempts == 2
    assert len({request.headers["webhook-id"] for request in server.requests}) == 1
    assert [data.attempts for data in emitted if data.notice == "assignment"] == [2]


async def test_a_receiver_that_is_gone_is_disabled_and_a_resend_enables_it(engine: AsyncEngine, tmp_path: Path) -> None:
    from services.notify.store import delivery_queue, notices

    answers = [Answer(410)]

    async def script(_request: Request) -> Answer:
        return answers.pop() if answers else Answer(200)

    async with HttpServer(script) as server:
        async with bench(engine, tmp_path / "out", recipients=to_webhooks(tmp_path, water=server.url)) as (it, _):
            story = Story()
            await it.apply([story.registered(), story.assigned(), story.started()])
            async with it.sending():
                first = await it.until_state("assignment", "failed")
                await it.apply([story.later(days=1).warned()])
                second = await it.until_state("urging", "failed")
                async with it.engine.begin() as tx:
                    (queue,) = [one for one in await delivery_queue.endpoints(tx) if one.sink == "webhook"]
                    assert await notices.resend(tx, second.id, it.real.now())
                await it.until_state("urging", "sent")

    assert (first.reason, second.reason) == ("status-410", "receiver-disabled")
    assert queue.disabled_at is not None
    assert len(server.requests) == 2
