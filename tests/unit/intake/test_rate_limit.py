"""How often a receipt code may be tried."""

from __future__ import annotations

from services.intake.http.rate_limit import RateLimit


def test_ten_tries_a_minute_for_each_number() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    assert [limit.wait("T1") for _ in range(12)] == [0] * 10 + [60, 60]
    assert limit.wait("T2") == 0
    now = 59.5
    assert limit.wait("T1") == 1
    now = 60.0
    assert limit.wait("T1") == 0
