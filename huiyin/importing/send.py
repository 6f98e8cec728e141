"""Sends batches of complaints to intake, again and again until they are answered whole.

Each row carries its idempotency key, so that a batch that was sent twice is registered once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from huiyin.cli.client import Api, raise_for_problem
from shared.errors import Unavailable
from shared.retry import RetryPolicy

PATH = "/v1/complaints:batch"
ROWS = 200
"""Rows in a batch: as many as intake commits at once, so that little is done twice after a break."""
BYTES = 16 * 1024 * 1024
"""A batch is closed once it is this large; intake takes four times as much."""

TIMEOUT = httpx.Timeout(180.0, connect=5.0)
RETRY = RetryPolicy((0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0))
_PASSING = (408, 425, 429, 500, 502, 503, 504)


class Stopped(Exception):
    """The caller asked to stop while a batch waited for intake; the batch counts as not done."""


class Sender:
    """Sends batches by one client. `stop` ends the waiting between two tries."""

    def __init__(self, api: Api, stop: threading.Event, retry: RetryPolicy = RETRY) -> None:
        self._api = api
        self._stop = stop
        self._retry = retry
        self.retries = 0

    def send(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Intake's result for each complaint, in order; a row that it could not settle just then is sent again.

        Raises `Unavailable` when it does not settle all after all tries, `Stopped` when asked to stop meanwhile, and
        the error of the answer where trying again would not help (no key, no scope).
        """
        results: dict[int, dict[str, Any]] = {}
        left = list(range(len(complaints)))
        for wait in (*self._retry.waits, None):
            try:
                results.update(zip(left, self._once([complaints[index] for index in left]), strict=True))
                left = [index for index in left if is_unsettled(results[index])]
                if not left:
                    return [results[index] for index in range(len(complaints))]
                failure = Unavailable(f"intake cannot settle {len(left)} rows now", hint="see `huiyin logs intake`")
            except httpx.TransportError as error:
                failure = self._api.away(error)
            except Unavailable as error:
                failure = error
            if wait is not None:
                self.retries += 1
                if self._stop.wait(wait):
                    raise Stopped
        raise failure

    def _once(self, complaints: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        body = b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in complaints)
        answer = self._api.http.post(PATH, content=body, headers={"Content-Type": "application/x-ndjson"})
        if answer.status_code in _PASSING:
            raise Unavailable(
                f"intake at {self._api.url} answers {answer.status_code}", hint="see `huiyin logs intake`"
            )
        raise_for_problem(answer)
        try:
            results = [json.loads(line) for line in answer.content.splitlines() if line.strip()]
        except ValueError:
            results = []
        if len(results) != len(complaints):  # the answer was cut: the keys make it safe to ask again
            raise Unavailable(f"intake at {self._api.url} breaks its answer off")
        return results


def is_unsettled(result: Mapping[str, Any]) -> bool:
    """Whether a refusal is about the moment and not about the row: the database was away, or a broken connection's
    request still holds the key. Intake marks the error with `again`."""
    errors = result.get("errors") or ()
    return result.get("status") == "refused" and any(error.get("again") is True for error in errors)
