"""The console sink: one JSON line on standard output for each notice, for `docker logs`.

Logs are kept and shipped by others, so the line names notice and addressee, and leaves out the text.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TextIO

from services.notify.delivery.sinks import SENT, Message, Outcome


class ConsoleSink:
    """Writes lines to `stream`. A line cannot be taken back or recognised, so it is never repeated by itself."""

    name = "console"
    repeatable = False
    batch = 1

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout

    async def deliver(self, messages: Sequence[Message]) -> Sequence[Outcome]:
        """Write one line for each message."""
        outcomes = []
        for message in messages:
            line = {"notice_id": str(message.id), "to": message.addressee, **message.facts}
            try:
                print(json.dumps(line, ensure_ascii=False), file=self._stream, flush=True)
                outcomes.append(SENT)
            except (OSError, ValueError):
                outcomes.append(Outcome("away", "console-closed"))
        return outcomes
