"""Waits: the published schedule, jitter that repeats itself, and the ends."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.delivery.retry import WEBHOOK_SECONDS, jitter, lane_wait, next_wait, vault_wait

KEY = UUID(int=7)


def test_a_webhook_is_tried_ten_times_in_about_75_hours() -> None:
    waits = [next_wait("webhook", KEY, tries, 0.0) for tries in range(1, 11)]

    assert waits[-1] is None
    for wait, nominal in zip(waits, WEBHOOK_SECONDS, strict=False):
        assert wait is not None
        assert 0.8 * nominal <= wait <= 1.2 * nominal
    # 5 s + 5 min + 30 min + 2 h + 5 h + 10 h + 14 h + 20 h + 24 h
    assert sum(WEBHOOK_SECONDS) == 5 + 300 + 1800 + 3600 * (2 + 5 + 10 + 14 + 20 + 24) == 272_105


def test_mail_waits_from_a_minute_to_four_hours_and_is_given_up_after_three_days() -> None:
    nominal = [60, 120, 240, 480, 960, 1920, 3840, 7680, 14_400, 14_400]

    for tries, seconds in enumerate(nominal, start=1):
        wait = next_wait("smtp", KEY, tries, 0.0)
        assert wait is not None
        assert 0.8 * seconds <= wait <= 1.2 * seconds
    assert next_wait("smtp", KEY, 30, 72 * 3600 - 1.0) is None


@pytest.mark.parametrize("tries", [1, 5, 50, 5000])
def test_files_are_never_given_up(tries: int) -> None:
    wait = next_wait("file", KEY, tries, 1e9)

    assert wait is not None
    assert 1.0 <= wait <= 60.0


@given(number=st.integers(1, 20), key=st.uuids())
def test_jitter_repeats_itself_and_stays_within_a_fifth(number: int, key: UUID) -> None:
    assert jitter(key, number) == jitter(key, number)
    assert 0.8 <= jitter(key, number) <= 1.2


def test_jitter_is_spread_evenly() -> None:
    factors = [jitter(UUID(int=number), 1) for number in range(10_000)]
    counts = [sum(0.8 + 0.04 * part <= factor < 0.84 + 0.04 * part for factor in factors) for part in range(10)]

    assert min(counts) > 900
    assert max(counts) < 1100


def test_lanes_and_the_vault_rest_longer_with_every_failure_up_to_a_bound() -> None:
    assert [lane_wait(failures) for failures in (1, 2, 3, 4, 100)] == [5, 20, 80, 300, 300]
    assert [vault_wait(failures) for failures in (1, 2, 3, 7, 100)] == [1, 2, 4, 60, 60]
