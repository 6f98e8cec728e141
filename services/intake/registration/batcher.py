"""Single registrations, gathered: those that come while a transaction is under way go together in the next one.

Numbers without gaps make registrations of one procedure wait for each other's commit. Gathering turns that wait into
company: under load a commit carries many complaints, and alone each has its own at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from services.intake.registration.registrar import Outcome, Registrar, RegistrationRequest
from shared.messaging.database import is_passing

_MOST = 100
_LANES = 2  # while one commits, the next makes its ciphertexts


class RegistrationBatcher:
    """Registers single complaints."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._waiting: deque[tuple[RegistrationRequest, asyncio.Future[Outcome]]] = deque()
        self._lanes: set[asyncio.Task[None]] = set()

    async def register(self, wanted: RegistrationRequest) -> Outcome:
        """Register one complaint; returns once it is committed. Raises what the database raised."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((wanted, future))
        if len(self._lanes) < _LANES:
            self._lanes.add(asyncio.create_task(self._work()))
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
                await self._together(group)
        finally:  # in the same step as the look at the queue, so that nobody waits at a batcher that is closed
            self._lanes = {lane for lane in self._lanes if lane is not asyncio.current_task()}

    async def _together(self, group: Sequence[tuple[RegistrationRequest, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._registrar.register([wanted for wanted, _ in group])
        except Exception as error:
            if len(group) > 1 and not is_passing(error):
                for one in group:  # one of them is to blame: the others must not suffer
                    await self._together([one])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():  # whoever asked may have gone
                future.set_result(outcome)
