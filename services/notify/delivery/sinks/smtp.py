"""The mail sink: one mail to one recipient, with a Message-ID that is a function of the notice.

A mail server's silence after the whole text was sent does not show whether it took the mail (RFC 1047). Such a
delivery is ambiguous and is never repeated by itself; every other failure is known to have delivered nothing.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib
from aiosmtplib.errors import SMTPResponseException

from services.notify.delivery.sinks import SENT, Message, Outcome
from services.notify.domain.recipients import SmtpEndpoint
from services.notify.domain.templates import one_line
from shared.business_time.clock import RealClock
from shared.errors import InvalidInput

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)
_ASCII = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True)
class SmtpServer:
    """A mail server. `tls`: from the first byte, required by STARTTLS, or by STARTTLS where it is offered."""

    host: str
    port: int
    sender: str
    tls: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    seconds: float = 30.0


def read_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:port?from=address`.

    `smtp+starttls` refuses to go on without STARTTLS, `smtps` speaks TLS from the first byte; `?ca=` names a file of
    certificates to trust. Raises `InvalidInput`, never with any part of the URL.
    """
    parts = urlsplit(url)
    kinds = {"smtp": ("offered", 587), "smtp+starttls": ("required", 587), "smtps": ("always", 465)}
    if parts.scheme not in kinds or not parts.hostname:
        raise InvalidInput(
            "this is not the URL of a mail server", field="HUIYIN_SMTP_URL", hint="smtp+starttls://host:587?from=…"
        )
    given = parse_qs(parts.query)
    sender = given.get("from", [""])[0]
    if "@" not in sender or not _ASCII.fullmatch(sender):
        raise InvalidInput("mail needs a sender", field="HUIYIN_SMTP_URL", hint="add ?from=address")
    tls, port = kinds[parts.scheme]
    return SmtpServer(
        parts.hostname,
        parts.port or port,
        sender,
        tls,
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        given.get("ca", [None])[0],
    )


class SmtpSink:
    """Sends mails over one server, one connection for each."""

    name = "smtp"
    repeatable = False
    batch = 1

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._real = RealClock()  # a mail is dated with the time of day, whatever clock the cases run on

    async def deliver(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Send mails one after another."""
        return [await self._one(message) for message in messages]

    async def _one(self, message: Message) -> Outcome:
        where = message.endpoint
        address = where.address if isinstance(where, SmtpEndpoint) and where.address else message.contact.get("email")
        try:
            mail = compose(message, self._server.sender, address or "", self._real.now())
        except (ValueError, IndexError):
            return Outcome("refused", "bad-address")  # what the vault holds is not a mail address
        try:
            client = await self._connect()
        except SMTPResponseException as error:
            return _answered(error.code, whole_server=True)
        except (TimeoutError, aiosmtplib.SMTPException, OSError, ssl.SSLError) as error:
            return Outcome("away", f"connect-{type(error).__name__}")
        try:
            return await self._send(client, mail)
        finally:
            client.close()

    async def _connect(self) -> aiosmtplib.SMTP:
        server = self._server
        context = ssl.create_default_context(cafile=server.ca_file)
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            timeout=server.seconds,
            use_tls=server.tls == "always",
            start_tls=False,
            tls_context=context,
        )
        await client.connect()
        try:
            if server.tls != "always":
                await client.ehlo()
                if server.tls == "required" or client.supports_extension("starttls"):
                    await client.starttls(tls_context=context, server_hostname=server.host)  # raises if not offered
            if server.user is not None:
                await client.login(server.user, server.password or "")
        except BaseException:
            client.close()
            raise
        return client

    async def _send(self, client: aiosmtplib.SMTP, mail: EmailMessage) -> Outcome:
        try:
            await client.ehlo()
            wide = client.supports_extension("smtputf8")
            data = mail.as_bytes(policy=SMTPUTF8 if wide and not _is_ascii(mail) else SMTP)
            options = ["SMTPUTF8", "BODY=8BITMIME"] if wide and not _is_ascii(mail) else []
            await client.mail(self._server.sender, options=options)
            await client.rcpt(str(mail["to"].addresses[0].addr_spec))
            answer = await client.execute_command(b"DATA")
            if answer.code != 354:
                return _answered(answer.code)
            # The text first and its end after: while the end has not been sent, nothing can have been delivered.
            assert isinstance(client.transport, asyncio.WriteTransport)  # noqa: S101  (it is connected)
            client.transport.write(_LEADING_DOT.sub(b"..", data))
            await asyncio.sleep(0.01)  # let the loop notice a server that has gone
            if not client.is_connected or client.transport is None or client.transport.is_closing():
                return Outcome("away", "lost-before-the-end")
        except SMTPResponseException as error:
            return _answered(error.code)
        except aiosmtplib.SMTPNotSupported:
            return Outcome("refused", "address-not-supported")
        except (TimeoutError, aiosmtplib.SMTPException, OSError, UnicodeError) as error:
            return Outcome("away", f"lost-{type(error).__name__}")
        try:
            answer = await client.execute_command(b".")
        except (TimeoutError, aiosmtplib.SMTPException, OSError):
            return Outcome("ambiguous", "ambiguous")
        return SENT if answer.code == 250 else _answered(answer.code)


def _answered(code: int, *, whole_server: bool = False) -> Outcome:
    """4yz: later; 421, or any answer to the greeting, speaks for the whole server. 5yz: never (RFC 5321 §4.2.1)."""
    reason = f"smtp-{code}"
    if whole_server or code == 421:
        return Outcome("away", reason)
    if 500 <= code <= 599:
        return Outcome("refused", reason)
    return Outcome("again", reason)


def compose(message: Message, sender: str, address: str, at: datetime) -> EmailMessage:
    """The mail, dated `at`; its subject is one line of coded values. Raises `ValueError` for a bad address."""
    mail = EmailMessage()
    local, _, domain = address.rpartition("@")
    if not local or not domain or any(char.isspace() or ord(char) < 32 for char in address):
        raise ValueError("not a mail address")
    mail["From"] = Address(addr_spec=sender)
    mail["To"] = Address(username=local, domain=domain)
    mail["Subject"] = one_line(message.subject)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's machine shall answer this
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.body, charset="utf-8", cte="base64")
    return mail


def _is_ascii(mail: EmailMessage) -> bool:
    return str(mail["to"]).isascii()
