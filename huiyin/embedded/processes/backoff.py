"""How long to wait before a process that ended by itself is started again."""

from __future__ import annotations

from dataclasses import dataclass

STEPS_S = (1.0, 2.0, 5.0, 10.0, 30.0)
HEALTHY_S = 60.0
"""A process that ran this long starts again at the first step when it fails."""


@dataclass(frozen=True)
class Backoff:
    """How many failures in a row have been answered."""

    failures: int = 0

    def after_failure(self, ran_for_s: float) -> tuple[float, Backoff]:
        """The seconds to wait now, and the state to keep, when a process ended that was well for `ran_for_s`."""
        failures = 0 if ran_for_s >= HEALTHY_S else self.failures
        return STEPS_S[min(failures, len(STEPS_S) - 1)], Backoff(failures + 1)
