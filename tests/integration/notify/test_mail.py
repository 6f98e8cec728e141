"""Mail: what a server's answers mean, what nobody can know, and what a mail never carries."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.delivery.sinks import Message
from services.notify.delivery.sinks.smtp import SmtpServer, SmtpSink, compose, read_smtp_url
from services.notify.domain.recipients import Recipients, SmtpEndpoint
from shared.errors import InvalidInput
from shared.events.notices import NoticeFailed, NoticeSent
from tests.integration.notify.bench import bench
from tests.integration.notify.mail import ScriptedMailServer
from tests.unit.notify.samples import START, Story, case_id

TO_MAIL = Recipients.model_validate({"complainant": {"sink": "smtp"}})


def _message(address: str | None = "someone@example.com", **changes: object) -> Message:
    given: dict[str, object] = {
        "id": UUID(int=5),
        "case_id": case_id(),
        "case_number": "T-1",
        "notice": "receipt",
        "addressee": "complainant",
        "endpoint": SmtpEndpoint(sink="smtp", address=address),
        "language": "zh",
        "subject": "已登记 T-1",
        "body": "第一行\n.以点开头\n..两点\n",
        "day": START.date(),
        "made_at": START,
    }
    return Message(**{**given, **changes})  # type: ignore[arg-type]


def _sink(port: int, *, tls: str = "offered", seconds: float = 5.0) -> SmtpSink:
    return SmtpSink(SmtpServer("127.0.0.1", port, "notices@example.org", tls, seconds=seconds))


class _Keeper(MessageHandler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[email.message.Message] = []

    def handle_message(self, message: email.message.Message) -> None:
        self.kept.append(message)


@pytest_asyncio.fixture
async def real_server() -> AsyncIterator[tuple[int, _Keeper]]:
    """aiosmtpd, the reference for a server that behaves."""
    keeper = _Keeper()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(keeper, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port, keeper
    finally:
        controller.stop()


@pytest.mark.asyncio
async def test_a_mail_arrives_whole_with_one_recipient_and_the_notices_own_message_id(
    real_server: tuple[int, _Keeper],
) -> None:
    port, keeper = real_server
    (outcome,) = await _sink(port).deliver([_message()])

    (kept,) = keeper.kept
    parsed = email.message_from_bytes(kept.as_bytes(), policy=email.policy.default)
    assert outcome.kind == "sent"
    assert parsed["subject"] == "已登记 T-1"
    assert parsed["message-id"] == f"<{UUID(int=5)}@example.org>"
    assert parsed["to"] == "someone@example.com"
    assert parsed["auto-submitted"] == "auto-generated"
    assert parsed.get_content().splitlines() == ["第一行", ".以点开头", "..两点"]
    assert "cc" not in parsed
    assert "bcc" not in parsed


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("answers", "kind", "reason"),
    [
        ({"connect": ["421 closing"]}, "away", "smtp-421"),
        ({"connect": ["554 go away"]}, "away", "smtp-554"),
        ({"connect": ["drop"]}, "away", None),
        ({"MAIL": ["421 closing"]}, "away", "smtp-421"),
        ({"MAIL": ["drop"]}, "away", None),
        ({"RCPT": ["451 greylisted"]}, "again", "smtp-451"),
        ({"RCPT": ["450 busy"]}, "again", "smtp-450"),
        ({"RCPT": ["550 no such user"]}, "refused", "smtp-550"),
        ({"RCPT": ["553 bad name"]}, "refused", "smtp-553"),
        ({"DATA": ["451 later"]}, "again", "smtp-451"),
        ({"DATA": ["drop"]}, "away", None),  # before the end of the text: nothing can have been delivered
        ({".": ["452 disk full"]}, "again", "smtp-452"),
        ({".": ["552 too large"]}, "refused", "smtp-552"),
        ({".": ["554 looks like spam"]}, "refused", "smtp-554"),
        ({".": ["drop"]}, "ambiguous", "ambiguous"),
        ({".": ["accept-and-drop"]}, "ambiguous", "ambiguous"),
    ],
)
async def test_what_a_servers_answer_means(answers: dict[str, list[str]], kind: str, reason: str | None) -> None:
    async with ScriptedMailServer(answers) as server:
        (outcome,) = await _sink(server.port).deliver([_message()])

    assert outcome.kind == kind
    assert reason is None or outcome.reason == reason


@pytest.mark.asyncio
async def test_starttls_that_is_required_and_not_offered_sends_nothing_in_the_clear() -> None:
    async with ScriptedMailServer() as server:
        (outcome,) = await _sink(server.port, tls="required").deliver([_message()])

    assert outcome.kind == "away"
    assert "MAIL" not in server.verbs


@pytest.mark.asyncio
@pytest.mark.parametrize("answer", ["454 not now", "drop"])
async def test_starttls_that_is_offered_and_fails_is_not_gone_without(answer: str) -> None:
    async with ScriptedMailServer({"STARTTLS": [answer]}, offers=("STARTTLS",)) as server:
        (outcome,) = await _sink(server.port).deliver([_message()])

    assert outcome.kind == "away"
    assert "MAIL" not in server.verbs


@pytest.mark.parametrize(
    "evil",
    [
        "a@example.com\r\nBcc: all@example.com",
        "a@example.com\nBcc: all@example.com",
        "a@example.com>\r\nRCPT TO:<all@example.com",
        "a@example.com, all@example.com",
        "a b@example.com",
        "@example.com",
        "a@",
        "",
        "a@exam\x00ple.com",
    ],
)
def test_an_address_from_the_vault_cannot_add_a_recipient_or_a_header(evil: str) -> None:
    try:
        mail = compose(_message(), "notices@example.org", evil, START)
    except (ValueError, IndexError):
        return
    assert len(mail["to"].addresses) == 1
    assert mail["bcc"] is None


@pytest.mark.parametrize("evil", ["x\r\nBcc: a@b", "x\nBcc: a@b", "x\u2028Bcc: a@b", "x\r\n\r\nbody", "x\x85Bcc: a@b"])
def test_a_subject_cannot_add_a_header(evil: str) -> None:
    raw = compose(_message(subject=evil), "notices@example.org", "a@example.com", START).as_bytes(
        policy=email.policy.SMTP
    )
    names = set(email.message_from_bytes(raw).keys())

    assert names == set(
        email.message_from_bytes(compose(_message(), "n@example.org", "a@b.cn", START).as_bytes()).keys()
    )


@pytest.mark.parametrize(
    "url", ["http://x", "smtp://host", "smtp://?from=a@b", "smtp://h?from=nobody", "smtp://h?from=a@b%0d%0aX"]
)
def test_a_server_url_that_cannot_work_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_smtp_url(url)

    assert url not in str(caught.value)


def test_a_server_url_is_read_and_its_password_is_not_shown() -> None:
    server = read_smtp_url("smtp+starttls://us%40er:pa%3Ass@mail.example:2525?from=a@b.cn")

    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.example",
        2525,
        "us@er",
        "pa:ss",
        "required",
    )
    assert "pa:ss" not in repr(server)


@pytest.mark.asyncio
async def test_a_complainant_with_an_address_gets_a_mail_and_one_without_is_served_by_the_default(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with ScriptedMailServer() as server:
        sinks = {"smtp": _sink(server.port)}
        async with bench(engine, tmp_path, recipients=TO_MAIL, sinks=sinks) as (it, vault):
            await it.apply([Story(1).registered()])
            async with it.sending():
                await it.until_state("receipt", "sent")
                del vault.fields["email"]
                await it.apply([Story(2).registered()])
                await it.until_state("receipt", "sent")
            emitted = [event.data for event in await it.events()]
            assert [data.sink for data in emitted if isinstance(data, NoticeSent)] == ["smtp", "file"]
            assert [mail.recipients for mail in server.delivered] == [["zhang.sanfeng@example.com"]]
            assert len(it.files()) == 1


@pytest.mark.asyncio
async def test_a_mail_lost_after_its_end_is_never_repeated_and_is_listed_as_ambiguous(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with ScriptedMailServer({".": ["accept-and-drop"]}) as server:
        async with bench(engine, tmp_path, recipients=TO_MAIL, sinks={"smtp": _sink(server.port)}) as (it, _):
            await it.apply([Story().registered()])
            async with it.sending():
                row = await it.until_state("receipt", "failed")
            assert (row.ambiguous, row.reason) == (True, "ambiguous")
            (emitted,) = await it.events()
            assert isinstance(emitted.data, NoticeFailed)
            assert emitted.data.ambiguous
            assert len(server.delivered) == 1


@pytest.mark.asyncio
async def test_a_mail_that_is_greylisted_is_tried_again_after_about_a_minute(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with ScriptedMailServer({"RCPT": ["451 greylisted"]}) as server:
        async with bench(engine, tmp_path, recipients=TO_MAIL, sinks={"smtp": _sink(server.port)}) as (it, _):
            await it.apply([Story().registered()])
            async with it.sending():

                async def tried() -> bool:
                    row = await it.row("receipt")
                    return bool(row.attempts == 1 and row.state == "waiting")

                await it.until(tried)
                row = await it.row("receipt")
            assert row.reason == "smtp-451"
            assert 45 <= (row.next_try_at - row.queued_at).total_seconds() <= 80
