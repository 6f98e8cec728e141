"""A batch of complaints: NDJSON in, one result a line out, in order. A bad row refuses that row only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from services.intake.domain.field_errors import FieldError
from services.intake.registration.field_errors import listed, safe_errors
from services.intake.registration.registrar import Registrar
from services.intake.registration.request import BatchRow, Reader, RegistrationRequest, RegistrationResult
from shared.business_time.clock import Clock
from shared.errors import TooLarge
from shared.messaging.database import is_passing, sqlstate
from shared.retry import REGISTRATION

log = structlog.get_logger(__name__)

MOST_ROWS = 10_000
_CHUNK = 200
_ROW_BYTES = 256 * 1024
_BUSY = FieldError("idempotency_key", "this key is in use by a request under way; send the row again", again=True)
_CHANGED = FieldError("idempotency_key", "this key was used for other content")
_AWAY = FieldError(
    "row", "not confirmed: the database does not answer now; send the row again with the same key", again=True
)
_FAILED = FieldError("row", "something went wrong here; it has been logged")


def rows_of(body: bytes) -> list[bytes]:
    """The rows of a batch; raises `TooLarge` for too many. Empty lines are no rows."""
    rows = [line for line in body.split(b"\n") if line.strip()]
    if len(rows) > MOST_ROWS:
        raise TooLarge(f"a batch has at most {MOST_ROWS} rows", field="body")
    return rows


RowResult = RegistrationResult | list[FieldError]
"""What became of a row, or what is wrong with it."""


class Batch:
    """Registers batches for one caller after another."""

    def __init__(self, registrar: Registrar, reader: Reader, clock: Clock) -> None:
        self._registrar = registrar
        self._reader = reader
        self._clock = clock

    async def register(self, rows: Sequence[bytes], caller: str) -> AsyncIterator[bytes]:
        """The results, a chunk of lines at a time, each after its rows are committed."""
        for start in range(0, len(rows), _CHUNK):
            read = [self._read(line, caller) for line in rows[start : start + _CHUNK]]
            results = await self._register(read)
            yield b"".join(result_line(start + place, result) for place, result in enumerate(results, 1))

    def _read(self, line: bytes, caller: str) -> RegistrationRequest | list[FieldError]:
        if len(line) > _ROW_BYTES:
            return [FieldError("row", f"a row has at most {_ROW_BYTES} bytes")]
        try:
            row = BatchRow.model_validate_json(line)
        except ValidationError as error:
            return list(_form_errors(error))
        return self._reader.read(row, caller, row.idempotency_key, self._clock.now())

    async def _register(
        self, read: Sequence[RegistrationRequest | list[FieldError]]
    ) -> list[RegistrationResult | list[FieldError]]:
        good = [one for one in read if isinstance(one, RegistrationRequest)]
        results = iter(await self._registered(good))
        return [next(results) if isinstance(one, RegistrationRequest) else one for one in read]

    async def _registered(self, requests: Sequence[RegistrationRequest]) -> Sequence[RowResult]:
        if not requests:
            return []
        keyed = all(one.key is not None for one in requests)
        for wait in (*REGISTRATION.waits, None):
            try:
                return await self._registrar.register(requests)
            except Exception as error:
                if not is_passing(error):
                    return await self._one_by_one(requests, error)
                # Whether a commit that broke off took effect is not known: only keys make a second try safe.
                if wait is None or not (keyed or _is_undone(error)):
                    break
                log.warning("database away, waiting", error=type(error).__name__, seconds=wait)
                await asyncio.sleep(wait)
        return [[_AWAY] for _ in requests]

    async def _one_by_one(self, requests: Sequence[RegistrationRequest], error: Exception) -> Sequence[RowResult]:
        """One row fails: the others are registered without it."""
        if len(requests) > 1:
            return [(await self._registered([one]))[0] for one in requests]
        log.error("a row of a batch fails", error=type(error).__name__, exc_info=error)
        return [[_FAILED]]


def _is_undone(error: Exception) -> bool:
    """Whether the database reported that nothing took effect: serialisation, deadlock, lock not available."""
    return isinstance(error, DBAPIError) and sqlstate(error) in ("40001", "40P01", "55P03")


def _form_errors(error: ValidationError) -> Iterator[FieldError]:
    for item in safe_errors(error):
        place = ".".join(str(part) for part in item["loc"][1:]) or "row"
        yield FieldError(place, "this is not valid JSON" if item["type"] == "json_invalid" else str(item["msg"]))


def result_line(number: int, result: RowResult) -> bytes:
    """The answer to a row, as a line of JSON."""
    found: dict[str, Any] = {"row": number}
    if isinstance(result, list):
        found |= {"status": "refused", "errors": listed(result)}
    elif result.answer is None:
        found |= {"status": "refused", "errors": listed([_BUSY if result.kind == "busy" else _CHANGED])}
    else:
        answer = result.answer
        found |= {
            "status": result.kind,
            "case_id": answer.case_id,
            "case_number": answer.case_number,
            "receipt_code": answer.receipt_code,
        }
        if answer.duplicate_of is not None:
            found["duplicate_of"] = answer.duplicate_of
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"
