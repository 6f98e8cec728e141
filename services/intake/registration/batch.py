"""A batch of complaints: NDJSON in, one result a line out, in order. A bad row refuses that row only."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from services.intake.domain.forms import FieldError
from services.intake.http.request_bodies import listed, safe_errors
from services.intake.registration.registrar import Outcome, Registrar, RegistrationRequest
from services.intake.registration.request import BatchRow, Reader
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
            results = await self._settle(read)
            yield b"".join(_line(start + place, result) for place, result in enumerate(results, 1))

    def _read(self, line: bytes, caller: str) -> RegistrationRequest | list[FieldError]:
        if len(line) > _ROW_BYTES:
            return [FieldError("row", f"a row has at most {_ROW_BYTES} bytes")]
        try:
            row = BatchRow.model_validate_json(line)
        except ValidationError as error:
            return list(_form_errors(error))
        return self._reader.read(row, caller, row.idempotency_key, self._clock.now())

    async def _settle(self, read: Sequence[RegistrationRequest | list[FieldError]]) -> list[Outcome | list[FieldError]]:
        good = [one for one in read if isinstance(one, RegistrationRequest)]
        outcomes = iter(await self._registered(good))
        return [next(outcomes) if isinstance(one, RegistrationRequest) else one for one in read]

    async def _registered(self, wanted: Sequence[RegistrationRequest]) -> Sequence[Outcome | list[FieldError]]:
        if not wanted:
            return []
        keyed = all(one.key is not None for one in wanted)
        for wait in (*REGISTRATION.waits, None):
            try:
                return await self._registrar.register(wanted)
            except Exception as error:
                if not is_passing(error):
                    return await self._one_by_one(wanted, error)
                # Whether a commit that broke off took effect is not known: only keys make a second try safe.
                if wait is None or not (keyed or _is_undone(error)):
                    break
                log.warning("database away, waiting", error=type(error).__name__, seconds=wait)
                await asyncio.sleep(wait)
        return [[_AWAY] for _ in wanted]

    async def _one_by_one(
        self, wanted: Sequence[RegistrationRequest], error: Exception
    ) -> Sequence[Outcome | list[FieldError]]:
        """One row is to blame: the others must not suffer."""
        if len(wanted) > 1:
            return [(await self._registered([one]))[0] for one in wanted]
        log.error("a row of a batch fails", error=type(error).__name__, exc_info=error)
        return [[_FAILED]]


def _is_undone(error: Exception) -> bool:
    """Whether the database itself said that nothing took effect: serialisation, deadlock, lock not available."""
    return isinstance(error, DBAPIError) and sqlstate(error) in ("40001", "40P01", "55P03")


def _form_errors(error: ValidationError) -> Iterator[FieldError]:
    for item in safe_errors(error):
        place = ".".join(str(part) for part in item["loc"][1:]) or "row"
        yield FieldError(place, "this is not valid JSON" if item["type"] == "json_invalid" else str(item["msg"]))


def _line(number: int, result: Outcome | list[FieldError]) -> bytes:
    found: dict[str, Any] = {"row": number}
    if isinstance(result, Outcome) and result.kind in ("busy", "changed"):
        result = [_BUSY if result.kind == "busy" else _CHANGED]
    if isinstance(result, Outcome):
        found |= {"status": result.kind, **{name: result.answer.get(name) for name in _SHOWN}}
        if "duplicate_of" in result.answer:
            found["duplicate_of"] = result.answer["duplicate_of"]
    else:
        found |= {"status": "refused", "errors": listed(result)}
    return json.dumps(found, ensure_ascii=False).encode() + b"\n"


_SHOWN = ("case_id", "case_number", "receipt_code")
