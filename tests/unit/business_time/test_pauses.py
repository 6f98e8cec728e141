"""What pauses do to clocks, by cases counted by hand."""

from datetime import timedelta

import pytest

from shared.business_time.due import due, due_unless_paused, elapsed_seconds, fraction_point, step_after, step_before
from shared.business_time.durations import Duration
from shared.errors import Conflict, InvalidInput
from tests.unit.business_time.making import ALWAYS, CN, at, calendar, wall

SH = "Asia/Shanghai"
Span = tuple[str, str | None]


def spans(*pauses: Span) -> list[tuple[object, object]]:
    return [(at(begin, SH), None if end is None else at(end, SH)) for begin, end in pauses]


@pytest.mark.parametrize(
    ("start", "duration", "pauses", "expected"),
    [
        # March 2026: Mon 2, Tue 3, … Fri 6, Sat 7. Working days due at 24:00 unless paused.
        # paused on one day to a later one: the days from the first until the day before the last are lost
        ("2026-03-02 10:00", "P3WD", [("2026-03-03 15:00", "2026-03-05 11:00")], "2026-03-09"),  # 3 4 lost: 5 6 9
        ("2026-03-02 10:00", "P1WD", [("2026-03-03 15:00", "2026-03-04 11:00")], "2026-03-04"),
        # within one day, hours of work left: the day counts
        ("2026-03-02 10:00", "P1WD", [("2026-03-03 09:00", "2026-03-03 17:00")], "2026-03-03"),
        # a whole working day, though the pause ends before 24:00: it does not count
        ("2026-03-02 10:00", "P1WD", [("2026-03-03 08:00", "2026-03-03 18:00")], "2026-03-04"),
        # its opening hours in two pauses, with only lunch between
        (
            "2026-03-02 10:00",
            "P1WD",
            [("2026-03-03 08:00", "2026-03-03 12:00"), ("2026-03-03 13:30", "2026-03-03 18:00")],
            "2026-03-04",
        ),
        # the start's own date is not counted, paused or not
        ("2026-03-02 10:00", "P1WD", [("2026-03-02 11:00", "2026-03-03 12:00")], "2026-03-03"),
        # over a weekend: Friday is lost, Saturday and Sunday would not have counted
        ("2026-03-02 10:00", "P5WD", [("2026-03-06 16:00", "2026-03-09 09:00")], "2026-03-10"),  # 3 4 5 9 10
        # after the due instant: nothing
        ("2026-03-02 10:00", "P1WD", [("2026-03-04 00:00", "2026-03-20 10:00")], "2026-03-03"),
        # until the very end of the day: no chance was left, it does not count
        ("2026-03-02 10:00", "P1WD", [("2026-03-03 15:00", "2026-03-04 00:00")], "2026-03-04"),
        # overlapping pauses are one
        (
            "2026-03-02 10:00",
            "P1WD",
            [("2026-03-03 15:00", "2026-03-04 11:00"), ("2026-03-04 10:00", "2026-03-05 09:00")],
            "2026-03-05",
        ),
        # calendar days: dates on whose 24:00 the clock stands paused
        ("2026-03-02 10:00", "P3D", [("2026-03-03 15:00", "2026-03-05 11:00")], "2026-03-07"),  # 3 4 lost: 5 6 7
        ("2026-03-02 10:00", "P1M", [("2026-03-10 10:00", "2026-03-15 10:00")], "2026-04-07"),  # five days more
        ("2026-03-02 10:00", "P0D", [("2026-03-02 11:00", "2026-03-04 11:00")], "2026-03-04"),
        ("2026-03-02 10:00", "P0WD", [("2026-03-02 11:00", "2026-03-04 11:00")], "2026-03-04"),
        ("2026-03-07 10:00", "P0WD", [("2026-03-09 11:00", "2026-03-10 11:00")], "2026-03-10"),
    ],
)
def test_a_clock_in_days_loses_the_days_on_which_it_stood(
    start: str, duration: str, pauses: list[Span], expected: str
) -> None:
    result = due(at(start, SH), Duration.parse(duration), CN, time_basis="business", pauses=spans(*pauses))  # type: ignore[arg-type]

    assert wall(result.at - timedelta(minutes=1), SH) == f"{expected} 23:59"


@pytest.mark.parametrize(
    ("duration", "time_basis", "pauses", "expected"),
    [
        # start Mon 2 March 2026, 10:00; office hours 09:00-12:00 and 13:30-17:30
        ("PT4H", "business", [("2026-03-02 11:00", "2026-03-02 14:00")], "2026-03-02 17:00"),  # 1 h + 0.5 h taken out
        ("PT4H", "business", [("2026-03-02 12:00", "2026-03-02 13:30")], "2026-03-02 15:30"),  # only lunch: nothing
        ("PT4H", "business", [("2026-03-02 18:00", "2026-03-03 08:00")], "2026-03-02 15:30"),
        ("PT4H", "elapsed", [("2026-03-02 12:00", "2026-03-02 13:30")], "2026-03-02 15:30"),  # the whole pause
        ("PT4H", "elapsed", [("2026-03-02 09:00", "2026-03-02 11:00")], "2026-03-02 15:00"),  # begun while paused
        ("PT2H", "business", [("2026-03-02 12:00", None)], "2026-03-02 12:00"),  # used up as the pause begins
        ("PT0S", "business", [("2026-03-02 09:30", "2026-03-02 12:30")], "2026-03-02 13:30"),
    ],
)
def test_a_clock_in_hours_is_put_off_by_what_would_have_counted(
    duration: str, time_basis: str, pauses: list[Span], expected: str
) -> None:
    result = due(
        at("2026-03-02 10:00", SH),
        Duration.parse(duration),
        CN,
        time_basis=time_basis,  # type: ignore[arg-type]
        pauses=spans(*pauses),  # type: ignore[arg-type]
    )

    assert wall(result.at, SH) == expected


@pytest.mark.parametrize("duration", ["PT3H", "P1WD", "P1D", "P2M"])
def test_nothing_is_due_while_a_pause_has_not_ended(duration: str) -> None:
    start, pauses = at("2026-03-02 10:00", SH), [(at("2026-03-02 11:00", SH), None)]

    assert due_unless_paused(start, Duration.parse(duration), CN, time_basis="business", pauses=pauses) is None
    with pytest.raises(Conflict):
        due(start, Duration.parse(duration), CN, time_basis="business", pauses=pauses)


def test_a_clock_that_ran_out_before_an_unended_pause_is_due_all_the_same() -> None:
    start, pauses = at("2026-03-02 10:00", SH), [(at("2026-03-05 11:00", SH), None)]

    result = due_unless_paused(start, Duration.parse("P2WD"), CN, time_basis="business", pauses=pauses)

    assert result is not None
    assert wall(result.at, SH) == "2026-03-05 00:00"


def test_elapsed_leaves_pauses_out_also_one_that_has_not_ended() -> None:
    start, end = at("2026-03-02 10:00", SH), at("2026-03-02 17:30", SH)

    assert elapsed_seconds(start, end, CN, "business", spans(("2026-03-02 11:00", "2026-03-02 14:00"))) == 4.5 * 3_600  # type: ignore[arg-type]
    assert elapsed_seconds(start, end, CN, "business", spans(("2026-03-02 11:00", None))) == 3_600  # type: ignore[arg-type]
    assert elapsed_seconds(start, end, ALWAYS, "elapsed", spans(("2026-03-02 11:00", None))) == 3_600  # type: ignore[arg-type]


def test_a_warning_and_a_fraction_look_at_the_pauses_that_the_target_was_computed_with() -> None:
    pauses = spans(("2026-03-02 14:00", "2026-03-02 15:00"))
    start = at("2026-03-02 10:00", SH)
    target = due(start, Duration.parse("PT4H"), CN, time_basis="business", pauses=pauses).at  # type: ignore[arg-type]

    assert wall(target, SH) == "2026-03-02 16:30"
    warning = step_before(target, Duration.parse("PT2H"), CN, "business", pauses)  # type: ignore[arg-type]
    assert wall(warning, SH) == "2026-03-02 13:30"  # 15:00-16:30 and 13:30-14:00
    assert wall(fraction_point(start, target, 50, CN, "business", pauses), SH) == "2026-03-02 12:00"  # type: ignore[arg-type]
    assert wall(fraction_point(start, target, 75, CN, "business", pauses), SH) == "2026-03-02 15:30"  # type: ignore[arg-type]
    rung = step_after(target, Duration.parse("PT1H"), CN, "business", spans(("2026-03-02 17:00", "2026-03-03 10:00")))  # type: ignore[arg-type]
    assert wall(rung, SH) == "2026-03-03 10:30"


def test_questions_without_sense_are_refused_by_field() -> None:
    start = at("2026-03-02 10:00", SH)
    backwards = [(start, start - timedelta(seconds=1))]

    with pytest.raises(InvalidInput) as caught:
        due(start, Duration.parse("PT1H"), CN, time_basis="business", pauses=backwards)
    assert caught.value.field == "pauses"
    with pytest.raises(InvalidInput) as caught:
        elapsed_seconds(start, start - timedelta(seconds=1), CN, "business")
    assert caught.value.field == "end"
    with pytest.raises(InvalidInput) as caught:
        due(start.replace(tzinfo=None), Duration.parse("PT1H"), CN, time_basis="business")
    assert caught.value.field == "start"
    with pytest.raises(InvalidInput) as caught:
        fraction_point(start, start, -1, CN, "business")
    assert caught.value.field == "percent"
    with pytest.raises(InvalidInput) as caught:
        due(start, Duration.parse("PT1H"), CN, time_basis="wall")  # type: ignore[arg-type]
    assert caught.value.field == "time_basis"


def test_instants_of_any_offset_give_the_same_answer_in_utc() -> None:
    office = calendar(tz="America/New_York")
    moments = [at("2026-03-02 15:00"), at("2026-03-02 23:00", SH), at("2026-03-02 10:00", "America/New_York")]

    answers = {due(moment, Duration.parse("PT2H"), office, time_basis="business").at.isoformat() for moment in moments}

    assert answers == {"2026-03-02T17:00:00+00:00"}
