"""The file sink: one JSON file for each notice, `<folder>/<yyyy-mm-dd>/<notice id>.json`, for whatever picks it up.

A file is written under another name, flushed to disk, and linked to its own name only if that is free: it is seen
whole, and once, however often its delivery is repeated.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.notify.delivery.sinks import SENT, Message, Outcome

_WRITERS = 4


class FileSink:
    """Writes below `folder`, which is made if it is not there, readable by this user alone."""

    name = "file"
    repeatable = True
    batch = 200

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="notices")

    async def deliver(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Write the files side by side. A disk that is full or away is `away`."""
        loop = asyncio.get_running_loop()
        parts = [messages[start::_WRITERS] for start in range(_WRITERS)]
        done = await asyncio.gather(*(loop.run_in_executor(self._writers, self._write_all, part) for part in parts))
        return [done[index % _WRITERS][index // _WRITERS] for index in range(len(messages))]

    def _write_all(self, messages: Sequence[Message]) -> list[Outcome]:
        outcomes = []
        folders = set()
        for message in messages:
            try:
                folders.add(self._write(message))
                outcomes.append(SENT)
            except OSError as error:
                outcomes.append(Outcome("away", f"disk-{error.errno or 0}"))
        try:
            for folder in folders:
                _flush(folder)
        except OSError as error:
            return [Outcome("away", f"disk-{error.errno or 0}") for _ in messages]
        return outcomes

    def _write(self, message: Message) -> Path:
        folder = self._folder / message.day.isoformat()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole = folder / f"{message.id}.json"
        draft = folder / f".{message.id}.{os.getpid()}.part"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(document(message))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):  # delivered before, by an attempt whose end nobody wrote down
                os.link(draft, whole)
        finally:
            draft.unlink(missing_ok=True)
        return folder


def document(message: Message) -> bytes:
    """The file's content: UTF-8 JSON."""
    found = {
        "id": str(message.id),
        "notice": message.notice,
        "case_id": str(message.case_id),
        "case_number": message.case_number,
        "to": message.addressee,
        "language": message.language,
        "made_at": message.made_at.isoformat(),
        "subject": message.subject,
        "body": message.body,
        "facts": dict(message.facts),
    }
    if message.contact:
        found["contact"] = dict(message.contact)
    return json.dumps(found, ensure_ascii=False, indent=1).encode() + b"\n"


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
