"""How the invented departments behave: by the seed alone, and in the shares that are promised."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huiyin.demo.people.behaviour import Manner, in_time, late, manner_of

CASES = [UUID(int=number) for number in range(4000)]
STARTS = st.datetimes(datetime(2004, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(minutes=1), timedelta(days=130))
DRAWN = st.floats(0, 1, exclude_max=True)


def test_the_same_seed_gives_the_same_manner_and_another_seed_another_mixture() -> None:
    first = [manner_of("a", case) for case in CASES]

    assert first == [manner_of("a", case) for case in CASES]
    assert first != [manner_of("b", case) for case in CASES]


@pytest.mark.parametrize(
    ("manner", "share"),
    [(Manner.IN_TIME, 0.75), (Manner.LATE, 0.15), (Manner.EXTENDED, 0.05), (Manner.NEVER, 0.05)],
)
def test_the_shares_are_as_promised(manner: Manner, share: float) -> None:
    # 4,000 draws: three standard deviations of the largest share are 0.021
    assert Counter(manner_of("seed", case) for case in CASES)[manner] / len(CASES) == pytest.approx(share, abs=0.021)


@given(STARTS, LENGTHS, DRAWN)
def test_who_is_in_time_is_done_by_half_time(start: datetime, length: timedelta, drawn: float) -> None:
    assert start < in_time(start, start + length, drawn) <= start + length / 2


@given(STARTS, LENGTHS, DRAWN)
def test_who_is_late_is_late_by_minutes_to_days(start: datetime, length: timedelta, drawn: float) -> None:
    lateness = late(start, start + length, drawn) - (start + length)

    assert timedelta(minutes=6) <= lateness <= timedelta(days=3)
