"""Registering complaints: any number of them in one transaction, one by one or as a batch over the same path.

In one transaction stand: the case, its sealed identity, its number, the link to an earlier case, its events, and the
answer under its idempotency key. Whoever got a case number finds the case there, whatever crashed since.
Order of locks: idempotency keys (tried, never waited for), fingerprints, numbers.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.admission import Complaint
from services.intake.registration import drafts
from services.intake.registration.drafts import Draft
from services.intake.registration.request import Answer, RegistrationRequest, RegistrationResult
from services.intake.store import registration, timeline
from services.intake.store import vault as store_vault
from services.intake.store.registration import AnsweredKey
from shared.business_time.clock import Clock
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.observability import metrics
from shared.security.vault import CaseKey, Vault

_ANSWERS = "idempotency"


@dataclass(frozen=True, slots=True)
class _Settled:
    """What stands under an idempotency key."""

    body: str
    answer: Answer


class Registrar:
    """Registers complaints in one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, real: Clock) -> None:
        """`clock` is the time that cases run on, `real` that of the callers who keep idempotency keys."""
        self._vault = vault
        self._clock = clock
        self._real = real
        self._outbox = outbox

    async def register(self, requests: Sequence[RegistrationRequest]) -> list[RegistrationResult]:
        """Register all of these, in one transaction; the results stand in the same order."""
        now = self._clock.now()
        made = await asyncio.to_thread(self._drafts, requests)
        async with self._outbox.transaction() as tx:
            results = await self._register(tx, list(zip(requests, made, strict=True)), now)
        for one, result in zip(requests, results, strict=True):
            _measure(one.complaint, result)
        return results

    def _drafts(self, requests: Sequence[RegistrationRequest]) -> list[Draft]:
        causes = [f"key:{one.key}" if one.key else f"request:{uuid4()}" for one in requests]
        return [
            drafts.make_draft(one.complaint, cause, self._vault, one.traceparent)
            for one, cause in zip(requests, causes, strict=True)
        ]

    async def _register(
        self, tx: AsyncConnection, pairs: Sequence[tuple[RegistrationRequest, Draft]], now: datetime
    ) -> list[RegistrationResult]:
        busy, answered = await registration.take_keys(tx, {one.key for one, _ in pairs if one.key})
        settled = await self._opened(tx, answered)
        fresh: list[tuple[RegistrationRequest, Draft]] = []
        leading: set[str] = set()
        for one, draft in pairs:
            if one.key is None or one.key not in busy | settled.keys() | leading:
                fresh.append((one, draft))
                leading |= {one.key} if one.key else set()
        written = await self._write(tx, fresh, now)
        settled |= {one.key: _Settled(one.body, written[draft.case_id]) for one, draft in fresh if one.key}
        return [
            _new(written[draft.case_id]) if draft.case_id in written else _again(one, busy, settled)
            for one, draft in pairs
        ]

    async def _opened(self, tx: AsyncConnection, answered: Mapping[str, AnsweredKey]) -> dict[str, _Settled]:
        if not answered:
            return {}
        keys = await store_vault.keys_of(tx, self._vault, {row.case_id for row in answered.values()})
        return {key: _Settled(row.body, _opened(row, keys.get(row.case_id))) for key, row in answered.items()}

    async def _write(
        self, tx: AsyncConnection, fresh: Sequence[tuple[RegistrationRequest, Draft]], now: datetime
    ) -> dict[UUID, Answer]:
        if not fresh:
            return {}
        new = [draft for _, draft in fresh]
        earlier = await registration.lock_fingerprints(tx, {f for draft in new if (f := draft.fingerprint)})
        into = drafts.merge(new, earlier)
        await store_vault.put_keys(tx, [draft.key for draft in new])
        await store_vault.put_fields(tx, [cell for draft in new for cell in draft.cells])
        due = [drafts.due_numbers(draft, merged=draft.case_id in into, now=now) for draft in new]
        series = (number.counter for numbers in due for number in numbers if number.counter is not None)
        first = await registration.count_on(tx, Counter(series))
        cases = drafts.number_all(new, due, into, first, now)
        await registration.insert_cases(tx, cases)
        made = [event for draft, case in zip(new, cases, strict=True) for event in drafts.events(draft, case)]
        await timeline.write_entries(tx, await outbox.append(tx, made))
        answers = {draft.case_id: drafts.answer(draft, case) for draft, case in zip(new, cases, strict=True)}
        keys = [_answered_key(one, draft, answers[draft.case_id]) for one, draft in fresh if one.key]
        await registration.put_keys(tx, keys, self._real.now())
        return answers


def _new(answer: Answer) -> RegistrationResult:
    return RegistrationResult("duplicate" if answer.duplicate_of else "registered", answer)


def _answered_key(one: RegistrationRequest, draft: Draft, answer: Answer) -> AnsweredKey:
    """The answer as it is kept: sealed, because it holds the receipt code."""
    key = one.key or ""
    sealed = draft.key.seal(_ANSWERS, key, json.dumps(answer.document(), ensure_ascii=False))
    return AnsweredKey(key, one.body, draft.case_id, sealed)


def _opened(row: AnsweredKey, key: CaseKey | None) -> Answer:
    """The kept answer; of a case whose identity was erased only its id is left."""
    if key is None:
        return Answer(str(row.case_id))
    return Answer.parse(key.open(_ANSWERS, row.key, row.answer))


def _again(one: RegistrationRequest, busy: set[str], settled: Mapping[str, _Settled]) -> RegistrationResult:
    """The result of a request whose key is not fresh."""
    found = settled.get(one.key or "")
    if found is None or one.key in busy:
        return RegistrationResult("busy", None)
    if found.body != one.body:
        return RegistrationResult("changed", None)
    return RegistrationResult("existing", found.answer)


def _measure(complaint: Complaint, result: RegistrationResult) -> None:
    if result.answer is None or result.kind == "existing":
        return
    procedure = complaint.form.procedure.id
    metrics.REGISTERED.labels(procedure=procedure, channel=complaint.channel).inc()
    if result.kind == "duplicate":
        metrics.DUPLICATES.labels(procedure=procedure).inc()
    elif result.answer.status != "held":
        metrics.ADMISSIONS.labels(procedure=procedure, decision=result.answer.status).inc()
