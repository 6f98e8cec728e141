"""Retry policies: how waits grow, when something is given up, and jitter that repeats itself."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.retry import DATABASE, EVENT, RELAY, RetryPolicy, jitter


def test_exponential_waits_grow_to_the_longest_and_stay_there() -> None:
    # 0.2 * 2 ** n: 0.2 0.4 0.8 1.6 3.2, then 6.4 is more than 5
    assert [DATABASE.repeat(failures) for failures in range(1, 9)] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert DATABASE.wait(1_000) == 5.0


def test_a_policy_that_ends_gives_up_after_its_last_wait() -> None:
    assert [EVENT.wait(failures) for failures in (1, 2, 3)] == [0.1, 0.3, None]


def test_what_would_be_too_old_at_the_next_try_is_given_up() -> None:
    policy = RetryPolicy((10.0,), forever=True, give_up_seconds=100.0)
    assert policy.wait(5, age=90.0) == 10.0
    assert policy.wait(5, age=90.1) is None


def test_what_worked_for_long_begins_with_the_first_wait_again() -> None:
    assert RELAY.failures_after(4, 59.9) == 5
    assert RELAY.failures_after(4, 60.0) == 1
    assert DATABASE.failures_after(4, 1e9) == 5


@given(key=st.binary(max_size=20), failures=st.integers(1, 30), spread=st.sampled_from((0.1, 0.2, 0.5)))
def test_a_wait_lies_within_its_spread_and_is_the_same_each_time(key: bytes, failures: int, spread: float) -> None:
    policy = RetryPolicy((1.0, 10.0), forever=True, spread=spread)
    wait, nominal = policy.wait(failures, key=key), policy.repeat(failures)
    assert wait is not None
    assert wait == policy.wait(failures, key=key)
    assert (1 - spread) * nominal <= wait <= (1 + spread) * nominal


@given(number=st.integers(1, 20), key=st.uuids())
def test_jitter_repeats_itself_and_stays_within_a_fifth(number: int, key: UUID) -> None:
    assert jitter(key.bytes, number) == jitter(key.bytes, number)
    assert 0.8 <= jitter(key.bytes, number) <= 1.2


def test_jitter_is_spread_evenly() -> None:
    factors = [jitter(UUID(int=number).bytes, 1) for number in range(10_000)]
    counts = [sum(0.8 + 0.04 * part <= factor < 0.84 + 0.04 * part for factor in factors) for part in range(10)]

    assert min(counts) > 900
    assert max(counts) < 1100
