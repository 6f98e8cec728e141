"""How often a receipt code may be tried."""

from __future__ import annotations

import math
import time
from collections import OrderedDict, deque
from collections.abc import Callable

_TRIES = 10
_WITHIN_SECONDS = 60.0
_MOST_NUMBERS = 20_000


class RateLimit:
    """So many tries per case number and minute, counted in this process."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tries: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, number: str) -> int:
        """Count a try: 0 if it is free, else whole seconds until the next one is."""
        now = self._monotonic()
        tries = self._tries.setdefault(number, deque())
        self._tries.move_to_end(number)
        if len(self._tries) > _MOST_NUMBERS:
            self._tries.popitem(last=False)
        while tries and tries[0] <= now - _WITHIN_SECONDS:
            tries.popleft()
        if len(tries) >= _TRIES:
            return max(1, math.ceil(tries[0] + _WITHIN_SECONDS - now))
        tries.append(now)
        return 0
