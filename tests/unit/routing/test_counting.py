"""How many there are within a window, and without one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from services.routing.domain.counting import CountedOccurrence, Tally, tally
from shared.business_time.loader import load_calendars
from shared.procedures.model import Count

CALENDAR = load_calendars()["cn"]
FIRST, SECOND = (
    CountedOccurrence(UUID(int=number), at, None)
    for number, at in enumerate((datetime(2015, 3, 1, tzinfo=UTC), datetime(2025, 9, 1, tzinfo=UTC)), 1)
)


def test_without_a_window_all_count_that_came_up_and_nothing_falls_out() -> None:
    endless = Count(id="again", same=("content",))
    assert tally(endless, [FIRST, SECOND], SECOND.happened_at, CALENDAR) == Tally(2, None)
    assert tally(endless, [FIRST, SECOND], FIRST.happened_at, CALENDAR) == Tally(1, None)


def test_with_a_window_the_number_falls_when_the_oldest_is_out_of_it() -> None:
    month = Count(id="again", same=("content",), window="P1M")
    assert tally(month, [FIRST, SECOND], SECOND.happened_at, CALENDAR) == Tally(1, datetime(2025, 10, 1, tzinfo=UTC))
