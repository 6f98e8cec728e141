"""Single registrations that come at the same time go together, in nobody's context."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

from services.intake.domain.admission import Complaint
from services.intake.registration.batcher import RegistrationBatcher
from services.intake.registration.registrar import Registrar
from services.intake.registration.request import RegistrationRequest, RegistrationResult
from shared.observability import tracing

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


class SlowRegistrar:
    """Holds its first transaction until it is let go; notes the groups and the trace that each ran under."""

    def __init__(self) -> None:
        self.groups: list[tuple[list[str], str | None]] = []
        self.go_on = asyncio.Event()

    async def register(self, requests: Sequence[RegistrationRequest]) -> list[RegistrationResult]:
        self.groups.append(([one.body for one in requests], tracing.current()))
        await self.go_on.wait()
        return [RegistrationResult("busy", None) for _ in requests]


def request(body: str) -> RegistrationRequest:
    return RegistrationRequest(cast(Complaint, None), None, body)


async def scenario() -> list[tuple[list[str], str | None]]:
    registrar = SlowRegistrar()
    batcher = RegistrationBatcher(cast(Registrar, registrar))

    async def send(body: str) -> RegistrationResult:
        with tracing.request_trace(TRACE):
            return await batcher.register(request(body))

    sent = [asyncio.create_task(send("one"))]
    while len(registrar.groups) < 1:
        await asyncio.sleep(0)
    sent.append(asyncio.create_task(send("two")))
    while len(registrar.groups) < 2:
        await asyncio.sleep(0)
    sent += [asyncio.create_task(send(body)) for body in ("three", "four", "five")]
    await asyncio.sleep(0)
    registrar.go_on.set()
    assert [result.kind for result in await asyncio.gather(*sent)] == ["busy"] * 5
    return registrar.groups


def test_what_comes_while_two_transactions_are_under_way_goes_together_in_the_next() -> None:
    groups = asyncio.run(scenario())

    assert [bodies for bodies, _ in groups] == [["one"], ["two"], ["three", "four", "five"]]


def test_a_transaction_of_several_requests_runs_under_the_trace_of_none() -> None:
    assert {trace for _, trace in asyncio.run(scenario())} == {None}
