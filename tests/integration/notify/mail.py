"""A mail server that does as it is told, on the loopback interface, beside aiosmtpd for well-behaved ones."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class Mail:
    """What came in one connection."""

    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    data: bytes = b""


class ScriptedMailServer:
    """Speaks SMTP. `answers`: verb -> reply, taken in turn; the verb `.` is the end of the text.

    The reply `drop` closes the connection without a word; for `DATA` it does so after 354, before the end of the text.
    `accept` sees a mail as delivered although the connection is dropped.
    """

    def __init__(self, answers: dict[str, list[str]] | None = None, *, offers: tuple[str, ...] = ()) -> None:
        self._answers = answers or {}
        self._offers = offers
        self.delivered: list[Mail] = []
        self.connections = 0
        self.verbs: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ScriptedMailServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _next(self, verb: str, usual: str) -> str:
        waiting = self._answers.get(verb)
        return waiting.pop(0) if waiting else usual

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            with contextlib.suppress(Exception):
                writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        mail = Mail()

        async def say(line: str) -> None:
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        greeting = self._next("connect", "220 ready")
        if greeting == "drop":
            return
        await say(greeting)
        while line := (await reader.readline()).decode("utf-8", "replace").rstrip("\r\n"):
            verb = line.split(" ")[0].split(":")[0].upper()
            self.verbs.append(verb)
            if verb == "EHLO":
                usual = "250-me\r\n" + "".join(f"250-{offer}\r\n" for offer in self._offers) + "250 HELP"
            else:
                usual = "354 go on" if verb == "DATA" else "250 ok"
            answer = self._next(verb, usual)
            if verb == "MAIL":
                mail = Mail(line)
            if verb == "RCPT":
                mail.recipients.append(line.partition("<")[2].partition(">")[0])
            if verb == "DATA" and answer in ("drop", usual):
                await say("354 go on")
                if answer == "drop":
                    writer.transport.abort()
                    return
                mail.data = await reader.readuntil(b"\r\n.\r\n")
                answer = self._next(".", "250 taken")
                if answer == "accept-and-drop":
                    self.delivered.append(mail)
                    writer.transport.abort()
                    return
                if answer == "drop":
                    writer.transport.abort()
                    return
                if answer.startswith("250"):
                    self.delivered.append(mail)
            if answer == "drop":
                return
            await say(answer)
            if verb == "QUIT":
                return
