"""Registering complaints: any number of them in one transaction, one by one or as a batch over the same path.

In one transaction stand: the case, its sealed identity, its number, the link to an earlier case, what is said of it,
and the answer under its idempotency key. Whoever got a case number finds the case there, whatever crashed since.
Order of locks: idempotency keys (tried, never waited for), matters, numbers.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from services.intake.domain.admission import Complaint
from services.intake.registration import drafts
from services.intake.registration.drafts import Draft, Numbered
from services.intake.store import registration, timeline
from services.intake.store import vault as store_vault
from services.intake.store.registration import KnownKey
from shared.business_time.clock import Clock
from shared.messaging import outbox
from shared.messaging.outbox import Outbox
from shared.observability import metrics
from shared.security.vault import CaseKey, Vault

_ANSWERS = "idempotency"


@dataclass(frozen=True)
class RegistrationRequest:
    """One complaint to be registered. `key` and `body` are keyed hashes of idempotency key and canonical body."""

    complaint: Complaint
    key: str | None
    body: str


@dataclass(frozen=True)
class Outcome:
    """What became of it.

    `registered` and `duplicate`: a new case (merged into an earlier one); `existing`: the same request was answered
    before, and this is that answer; `changed`: the key was used for another body; `busy`: it is in other hands now.
    """

    kind: Literal["registered", "duplicate", "existing", "changed", "busy"]
    answer: Mapping[str, Any]


@dataclass(frozen=True)
class _Settled:
    """What stands under an idempotency key."""

    body: str
    answer: Mapping[str, Any]


class Registrar:
    """Registers complaints in one database."""

    def __init__(self, outbox: Outbox, vault: Vault, clock: Clock, real: Clock) -> None:
        """`clock` is the time that cases run on, `real` that of the callers who keep idempotency keys."""
        self._vault = vault
        self._clock = clock
        self._real = real
        self._outbox = outbox

    async def register(self, wanted: Sequence[RegistrationRequest]) -> list[Outcome]:
        """Register all of these, in one transaction; the outcomes stand in the same order."""
        now = self._clock.now()
        made = await asyncio.to_thread(self._drafts, wanted)
        async with self._outbox.transaction() as tx:
            outcomes = await self._register(tx, list(zip(wanted, made, strict=True)), now)
        for one, outcome in zip(wanted, outcomes, strict=True):
            _measure(one.complaint, outcome)
        return outcomes

    def _drafts(self, wanted: Sequence[RegistrationRequest]) -> list[Draft]:
        causes = [f"key:{one.key}" if one.key else f"request:{uuid4()}" for one in wanted]
        return [drafts.make_draft(one.complaint, cause, self._vault) for one, cause in zip(wanted, causes, strict=True)]

    async def _register(
        self, tx: AsyncConnection, pairs: Sequence[tuple[RegistrationRequest, Draft]], now: datetime
    ) -> list[Outcome]:
        busy, known = await registration.take_keys(tx, {one.key for one, _ in pairs if one.key})
        settled = await self._opened(tx, known)
        fresh: list[tuple[RegistrationRequest, Draft]] = []
        leading: set[str] = set()
        for one, draft in pairs:
            if one.key is None or one.key not in busy | settled.keys() | leading:
                fresh.append((one, draft))
                leading |= {one.key} if one.key else set()
        written = await self._write(tx, fresh, now)
        settled |= {one.key: _Settled(one.body, written[draft.case_id].answer) for one, draft in fresh if one.key}
        return [written.get(draft.case_id) or _again(one, busy, settled) for one, draft in pairs]

    async def _opened(self, tx: AsyncConnection, known: Mapping[str, KnownKey]) -> dict[str, _Settled]:
        keys = await store_vault.keys_of(tx, self._vault, {row.case_id for row in known.values()}) if known else {}
        return {key: _Settled(row.body, _opened(row, keys.get(row.case_id))) for key, row in known.items()}

    async def _write(
        self, tx: AsyncConnection, fresh: Sequence[tuple[RegistrationRequest, Draft]], now: datetime
    ) -> dict[UUID, Outcome]:
        if not fresh:
            return {}
        new = [draft for _, draft in fresh]
        primaries = await registration.take_matters(tx, {f for draft in new if (f := draft.fingerprint)})
        into = drafts.merge(new, primaries)
        await store_vault.put_keys(tx, [draft.key for draft in new])
        await store_vault.put_fields(tx, [cell for draft in new for cell in draft.cells])
        wanted = Counter(series for draft in new for series in drafts.series_of(draft, draft.case_id in into, now))
        numbered = drafts.number_all(new, into, await registration.count_on(tx, wanted), now)
        await registration.insert_cases(tx, [drafts.row(one, now) for one in numbered])
        said = await outbox.append(tx, [event for one in numbered for event in drafts.events(one, now)])
        await timeline.write_entries(tx, said)
        answers = {one.draft.case_id: _outcome(one) for one in numbered}
        keys = [_known(one, draft, answers[draft.case_id]) for one, draft in fresh if one.key]
        await registration.put_keys(tx, keys, self._real.now())
        return answers


def _outcome(one: Numbered) -> Outcome:
    return Outcome("duplicate" if one.into else "registered", drafts.answer(one))


def _known(one: RegistrationRequest, draft: Draft, outcome: Outcome) -> KnownKey:
    """The answer as it is kept: sealed, because it holds the receipt code."""
    key = one.key or ""
    sealed = draft.key.seal(_ANSWERS, key, json.dumps(outcome.answer, ensure_ascii=False))
    return KnownKey(key, one.body, draft.case_id, sealed)


def _opened(row: KnownKey, key: CaseKey | None) -> Mapping[str, Any]:
    """The kept answer; of a case whose identity was erased only its id is left."""
    if key is None:
        return {"case_id": str(row.case_id)}
    found: dict[str, Any] = json.loads(key.open(_ANSWERS, row.key, row.answer))
    return found


def _again(one: RegistrationRequest, busy: set[str], settled: Mapping[str, _Settled]) -> Outcome:
    """The outcome of a request whose key is not fresh."""
    found = settled.get(one.key or "")
    if found is None or one.key in busy:
        return Outcome("busy", {})
    return Outcome("existing", found.answer) if found.body == one.body else Outcome("changed", {})


def _measure(complaint: Complaint, outcome: Outcome) -> None:
    if outcome.kind not in ("registered", "duplicate"):
        return
    procedure = complaint.form.procedure.id
    metrics.REGISTERED.labels(procedure=procedure, channel=complaint.channel).inc()
    if outcome.kind == "duplicate":
        metrics.DUPLICATES.labels(procedure=procedure).inc()
    elif outcome.answer["status"] != "held":
        metrics.ADMISSIONS.labels(procedure=procedure, decision=outcome.answer["status"]).inc()
