"""Retry policies: how long to wait before something that failed is tried again. Pure; all waits are real seconds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import takewhile
from typing import Self


@dataclass(frozen=True)
class RetryPolicy:
    """The waits after the first, second, … failure in a row.

    `forever`: the last wait repeats; otherwise what fails once more is given up. `give_up_seconds`: it is given up too
    when it would be older than that. `spread` 0.2: a wait is between 0.8 and 1.2 of what is written. `steady_seconds`:
    what had worked for that long begins with the first wait again.
    """

    waits: tuple[float, ...]
    forever: bool = False
    give_up_seconds: float | None = None
    spread: float = 0.0
    steady_seconds: float | None = None

    @classmethod
    def exponential(
        cls,
        first: float,
        longest: float,
        *,
        factor: float = 2.0,
        give_up_seconds: float | None = None,
        spread: float = 0.0,
    ) -> Self:
        """Waits that grow by a factor from `first` to `longest`, which repeats."""
        growing = takewhile(lambda wait: wait < longest, (first * factor**n for n in range(64)))
        return cls((*growing, longest), forever=True, give_up_seconds=give_up_seconds, spread=spread)

    def wait(self, failures: int, *, key: bytes = b"", age: float = 0.0) -> float | None:
        """The wait after the `failures`-th failure in a row (from 1) of what is `age` seconds old; None: give it up.

        `key` decides where in the spread the wait lies: the same for the same key and failure.
        """
        if failures > len(self.waits) and not self.forever:
            return None
        wait = self.waits[min(failures, len(self.waits)) - 1]
        if self.spread:
            wait *= jitter(key, failures, self.spread)
        if self.give_up_seconds is not None and age + wait > self.give_up_seconds:
            return None
        return wait

    def repeat(self, failures: int) -> float:
        """The wait of a policy that never gives up."""
        return self.waits[min(failures, len(self.waits)) - 1]

    def failures_after(self, failures: int, worked_seconds: float) -> int:
        """The failures in a row, with one now, of what had worked for so long since the last."""
        steady = self.steady_seconds is not None and worked_seconds >= self.steady_seconds
        return 1 if steady else failures + 1


def jitter(key: bytes, number: int, spread: float = 0.2) -> float:
    """A factor within the spread around 1 that is always the same for the same key and number."""
    digest = hashlib.sha256(key + number.to_bytes(4, "big")).digest()
    return 1.0 - spread + 2 * spread * int.from_bytes(digest[:8], "big") / 2**64


DATABASE = RetryPolicy.exponential(0.2, 5.0)
"""Work that must be done before anything else, while the database is away."""
RELAY = RetryPolicy((0.2, 0.5, 1.0, 2.0, 5.0), forever=True, steady_seconds=60.0)
"""The relay, while broker or database is away."""
EVENT = RetryPolicy((0.1, 0.3))
"""An event that a consumer cannot apply; it is parked after three tries."""
REGISTRATION = RetryPolicy((0.2, 1.0, 3.0))
"""A chunk of a batch of complaints, while the database is away; its caller waits meanwhile."""
