"""The near horizon: when to look at which shard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.sla.timers.near_horizon import Horizon

NOON = datetime(2025, 9, 29, 12, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def test_a_shard_is_due_when_its_first_instant_has_come() -> None:
    horizon = Horizon(range(3))
    horizon.read([(0, after(1.5)), (0, after(0.5)), (1, after(1))], after(2), 10)
    assert horizon.next() == after(0.5)
    assert [horizon.due(after(at)) for at in (0.4, 0.5, 1)] == [set(), {0}, {0, 1}]
    horizon.done(0, after(0.5))
    assert horizon.due(after(1)) == {1}
    assert horizon.next() == after(1)


def test_what_is_armed_within_the_horizon_is_taken_in_and_what_is_beyond_it_is_not() -> None:
    horizon = Horizon(range(2))
    assert not horizon.armed([(0, after(1))])  # nothing was read yet: the next reading will see it
    horizon.read([(0, after(1))], after(2), 10)
    assert not horizon.armed([(1, after(3))])
    assert horizon.armed([(1, after(0.2)), (1, after(9))])
    assert horizon.due(after(0.2)) == {1}
    assert horizon.next() == after(0.2)


def test_a_shard_of_which_only_a_part_was_read_is_due_from_the_end_of_that_part_on() -> None:
    horizon = Horizon(range(2))
    horizon.read([(0, after(0.1)), (0, after(0.2)), (1, after(0.1))], after(2), 2)
    horizon.done(0, after(0.1))
    horizon.done(1, after(0.1))
    assert (horizon.due(after(0.15)), horizon.exhausted(after(0.15))) == (set(), False)
    assert horizon.next() == after(0.2)
    horizon.done(0, after(0.3))
    assert (horizon.due(after(0.3)), horizon.exhausted(after(0.3))) == ({0}, True)
    assert horizon.next() == after(0.2)


def test_shards_that_are_put_aside_are_not_looked_at() -> None:
    horizon = Horizon(range(2))
    horizon.read([(0, after(0.1)), (0, after(0.2)), (1, after(0.5))], after(2), 2)
    assert horizon.next(without={0}) == after(0.5)
    horizon.done(0, after(0.3))
    assert (horizon.exhausted(after(0.3), without={1}), horizon.exhausted(after(0.3), without={0})) == (True, False)
    assert horizon.next(without={0, 1}) is None


def test_what_is_armed_beyond_the_part_that_was_read_hides_nothing_before_it() -> None:
    horizon = Horizon(range(1))
    horizon.read([(0, after(0.1)), (0, after(0.2))], after(2), 2)
    horizon.done(0, after(0.3))
    assert horizon.armed([(0, after(1.5))])
    assert horizon.due(after(0.4)) == {0}


def test_a_new_reading_replaces_the_old() -> None:
    horizon = Horizon(range(1))
    horizon.read([(0, after(1))], after(2), 1)
    horizon.read([], after(3), 1)
    assert horizon.next() is None
    assert horizon.due(after(9)) == set()
