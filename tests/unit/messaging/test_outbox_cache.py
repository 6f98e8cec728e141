"""What is kept in memory for the relay is bounded, and is never needed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.messaging.outbox.cache import OutboxCache
from shared.messaging.outbox.rows import Row

AT = datetime(2025, 9, 29, 1, 0, tzinfo=UTC)


def row(number: int, size: int = 10) -> Row:
    """The row with this id."""
    return (UUID(int=number), UUID(int=0), number, "t", "x", None, None, bytes(size), AT)


def rows(ids: list[int], size: int = 10) -> list[Row]:
    return [row(id_, size) for id_ in ids]


def test_what_was_put_is_taken_once() -> None:
    cache = OutboxCache()
    cache.put([1, 2, 3], rows([1, 2, 3]))
    assert cache.take([2, 3, 4]) == {2: row(2), 3: row(3)}
    assert cache.take([2]) == {}
    assert len(cache) == 1


def test_when_it_is_full_the_oldest_stay_because_they_are_sent_first() -> None:
    cache = OutboxCache(events=3)
    cache.put([1, 2], rows([1, 2]))
    cache.put([3, 4], rows([3, 4]))
    assert cache.take([1, 2, 3, 4]) == {1: row(1), 2: row(2)}
    cache.put([5, 6, 7], rows([5, 6, 7]))
    assert len(cache) == 3


def test_what_the_relay_has_gone_past_makes_room() -> None:
    cache = OutboxCache(events=3)
    cache.put([1, 2], rows([1, 2]))  # this transaction fails
    cache.put([3], rows([3]))
    assert cache.take([3]) == {3: row(3)}
    cache.put([4, 5], rows([4, 5]))
    assert cache.take([4, 5]) == {4: row(4), 5: row(5)}


def test_the_bytes_of_the_values_are_bounded_too() -> None:
    cache = OutboxCache(most=100)
    cache.put([1], rows([1], 60))
    cache.put([2], rows([2], 60))
    assert cache.take([1, 2]) == {1: row(1, 60)}
    cache.put([3], rows([3], 101))
    assert len(cache) == 0
    cache.put([4], rows([4], 100))
    assert len(cache) == 1


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(1, 60), unique=True, max_size=12)), max_size=40))
def test_it_never_holds_more_than_it_may_and_never_mixes_rows_up(steps: list[tuple[bool, list[int]]]) -> None:
    cache, used = OutboxCache(events=20, most=150), set[int]()
    for puts, ids in steps:
        if puts:
            fresh = sorted(set(ids) - used)
            used |= set(fresh)
            cache.put(fresh, rows(fresh))
        else:
            assert all(found == row(id_) for id_, found in cache.take(ids).items())
        assert len(cache) <= 15
