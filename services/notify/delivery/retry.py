"""The retry policies of deliveries: by sink, of an endpoint that fails as a whole, and of intake's vault.

Sources: Standard Webhooks 1.0 (schedule, jitter), RFC 5321 §4.5.4.1 (mail is given up after days, not minutes).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from shared.retry import RetryPolicy

_HOUR: Final = 3600.0

WEBHOOK = RetryPolicy((5, 300, 1_800, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR), spread=0.2)
"""The waits after the first try, which is at once: ten tries in about 75 hours."""
MAIL = RetryPolicy.exponential(60, 4 * _HOUR, give_up_seconds=72 * _HOUR, spread=0.2)
LOCAL = RetryPolicy.exponential(1, 60)
"""Sinks of this machine: file and console."""
BY_SINK: Mapping[str, RetryPolicy] = {"webhook": WEBHOOK, "smtp": MAIL}

ENDPOINT = RetryPolicy.exponential(5, 300, factor=4)
"""An endpoint that failed is left alone: 5 s, 20 s, 80 s, then 5 minutes."""
VAULT = RetryPolicy.exponential(1, 60)
"""Intake's vault does not answer: 1 s, 2 s, 4 s … 60 s."""

GIVE_UP_BEHIND: Mapping[str, float] = {"webhook": 96 * _HOUR, "smtp": 72 * _HOUR}
"""The age at which a notice that waits behind a dead endpoint is given up, by sink; others never are."""
LONGEST_RETRY_AFTER_SECONDS: Final = 24 * _HOUR


def policy(sink: str) -> RetryPolicy:
    """The policy of a delivery by this sink."""
    return BY_SINK.get(sink, LOCAL)
