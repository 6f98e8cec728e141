"""Batching of single registrations: those that come during a transaction are registered in one batch by the next.

Numbers without gaps make registrations of one procedure wait for each other's commit. So under load one commit holds
many complaints; without load each complaint is committed at once, by itself.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from contextvars import Context

from services.intake.registration.registrar import Registrar
from services.intake.registration.request import RegistrationRequest, RegistrationResult
from shared.messaging.database import is_passing

_MOST = 100
_TASKS = 2  # while one commits, the next makes its ciphertexts


_Waiting = tuple[RegistrationRequest, asyncio.Future[RegistrationResult]]


class RegistrationBatcher:
    """Registers single complaints."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar = registrar
        self._waiting: deque[_Waiting] = deque()
        self._tasks: set[asyncio.Task[None]] = set()

    async def register(self, request: RegistrationRequest) -> RegistrationResult:
        """Register one complaint; returns once it is committed. Raises what the database raised."""
        future: asyncio.Future[RegistrationResult] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if len(self._tasks) < _TASKS:
            # not in the context of this request, whose trace is not that of the others in its transaction
            self._tasks.add(asyncio.create_task(self._work(), context=Context()))
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                group = [self._waiting.popleft() for _ in range(min(_MOST, len(self._waiting)))]
                await self._register_group(group)
        finally:  # no await since the queue was seen empty: a request that comes later starts a new task
            self._tasks = {task for task in self._tasks if task is not asyncio.current_task()}

    async def _register_group(
        self, group: Sequence[tuple[RegistrationRequest, asyncio.Future[RegistrationResult]]]
    ) -> None:
        try:
            results = await self._registrar.register([request for request, _ in group])
        except Exception as error:
            if len(group) > 1 and not is_passing(error):
                for one in group:  # one request fails: the others are registered without it
                    await self._register_group([one])
                return
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in zip(group, results, strict=True):
            if not future.done():  # whoever asked may have gone
                future.set_result(result)
