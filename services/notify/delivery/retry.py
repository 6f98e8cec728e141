"""How long a delivery waits before it is tried again. Real seconds; jitter is a function of the notice, not of chance.

Sources: Standard Webhooks 1.0 (schedule, jitter), RFC 5321 §4.5.4.1 (mail is given up after days, not minutes).
"""

from __future__ import annotations

import hashlib
from uuid import UUID

WEBHOOK_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The waits after the first try, which is at once: ten tries in about 75 hours."""
WEBHOOK_GIVE_UP_SECONDS = 96 * 3600
MAIL_FIRST_SECONDS, MAIL_LONGEST_SECONDS, MAIL_GIVE_UP_SECONDS = 60, 4 * 3600, 72 * 3600
LOCAL_LONGEST_SECONDS = 60
VAULT_LONGEST_SECONDS = 60
LANE_LONGEST_SECONDS = 300
RETRY_AFTER_LONGEST_SECONDS = 86_400


def jitter(key: UUID, number: int) -> float:
    """A factor between 0.8 and 1.2 that is always the same for the same notice and try."""
    digest = hashlib.sha256(key.bytes + number.to_bytes(4, "big")).digest()
    return 0.8 + 0.4 * int.from_bytes(digest[:8], "big") / 2**64


def next_wait(sink: str, key: UUID, tries: int, age_seconds: float) -> float | None:
    """The wait after the `tries`-th failed try of a notice that is `age_seconds` old; None: give it up."""
    if sink == "webhook":
        if tries > len(WEBHOOK_SECONDS):
            return None
        return WEBHOOK_SECONDS[tries - 1] * jitter(key, tries)
    if sink == "smtp":
        wait = min(MAIL_FIRST_SECONDS * 2.0 ** min(tries - 1, 16), MAIL_LONGEST_SECONDS) * jitter(key, tries)
        return wait if age_seconds + wait <= MAIL_GIVE_UP_SECONDS else None
    return min(2.0 ** min(tries - 1, 16), LOCAL_LONGEST_SECONDS)


def give_up_seconds(sink: str) -> float | None:
    """The age at which a notice that waits behind a dead receiver is given up; None: never."""
    return {"webhook": WEBHOOK_GIVE_UP_SECONDS, "smtp": MAIL_GIVE_UP_SECONDS}.get(sink)


def lane_wait(failures: int) -> float:
    """How long a lane is left alone after its `failures`-th failure in a row: 5 s, 20 s, 80 s, then 5 minutes."""
    return float(min(5 * 4 ** min(failures - 1, 8), LANE_LONGEST_SECONDS))


def vault_wait(failures: int) -> float:
    """The same while intake's vault does not answer: 1 s, 2 s, 4 s … 60 s."""
    return min(2.0 ** min(failures - 1, 16), VAULT_LONGEST_SECONDS)
