from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared.business_time.calendars import calendar_from
from shared.business_time.compiled import compiled
from shared.business_time.due import is_open, next_opening, period
from shared.business_time.loader import load_calendars
from shared.errors import CalendarError, CalendarNeverOpen
from tests.unit.business_time.making import CN, at, calendar, wall

GOOD: dict[str, Any] = {"id": "test", "version": "1", "time_zone": "UTC", "week": {"mon": [["09:00", "17:00"]]}}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"week": {}}, "week"),
        ({"week": {"mon": []}}, "week"),
        ({"week": {}, "special_hours": {"2026-01-05": []}}, "week"),
        ({"week": {}, "makeup_workdays": ["2026-01-04"]}, "week"),
        ({"week": {"mon": [["17:00", "09:00"]]}}, "week.mon.0"),
        ({"week": {"mon": [["09:00", "09:00"]]}}, "week.mon.0"),
        ({"week": {"mon": [["09:00", "00:00"]]}}, "week.mon.0"),  # the end of the day is written 24:00
        ({"week": {"mon": [["09:00", "12:00"], ["11:59", "17:00"]]}}, "week.mon"),
        ({"week": {"mon": [["09:00", "24:01"]]}}, "week.mon.0"),
        ({"week": {"mon": [["9:00", "17:00"]]}}, "week.mon.0"),
        ({"week": {"mon": [["09:60", "17:00"]]}}, "week.mon.0"),
        ({"week": {"mon": [["09:00"]]}}, "week.mon.0"),
        ({"week": {"mon": "09:00-17:00"}}, "week.mon"),
        ({"week": {"monday": [["09:00", "17:00"]]}}, "week.monday"),
        ({"week": []}, "week"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../zones"}, "time_zone"),
        ({"time_zone": None}, "time_zone"),
        ({"id": "No Id"}, "id"),
        ({"version": ""}, "version"),
        ({"holidays": ["2026-02-30"]}, "holidays.0"),
        ({"holidays": "2026-01-01"}, "holidays"),
        ({"holidays": {"2026-1-1": ""}}, "holidays"),
        ({"special_hours": {"2026-01-05": [["10:00", "09:00"]]}}, "special_hours.2026-01-05.0"),
        ({"holidays": ["2026-01-04"], "makeup_workdays": ["2026-01-04"]}, "makeup_workdays.2026-01-04"),
        ({"published_from": "2027-01-01", "published_until": "2026-12-31"}, "published_until"),
        ({"closing_in_ambiguous_hour": "third"}, "closing_in_ambiguous_hour"),
        ({"weeks": {}}, "weeks"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused_by_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(CalendarError) as caught:
        calendar_from(GOOD | change)

    assert caught.value.field == field


def test_the_hours_of_a_date_follow_special_hours_then_holidays_then_makeup_then_the_week() -> None:
    # all five are Sundays, when the week is closed, or Mondays, when it opens at nine
    given = calendar(
        holidays=["2026-01-05", "2026-01-12"],
        makeup_workdays=["2026-01-04", "2026-01-11"],
        makeup_hours=[["08:00", "10:00"]],
        special_hours={"2026-01-11": [["06:00", "07:00"]], "2026-01-12": [["20:00", "21:00"]], "2026-01-13": []},
    )

    openings = {
        day: wall(next_opening(at(f"2026-01-{day} 00:00"), given)) for day in ("03", "05", "11", "12", "13", "14")
    }

    assert openings == {
        "03": "2026-01-04 08:00",  # Saturday: closed; Sunday the 4th is worked in make-up hours
        "05": "2026-01-06 09:00",  # a holiday
        "11": "2026-01-11 06:00",  # special hours before make-up
        "12": "2026-01-12 20:00",  # special hours before holiday
        "13": "2026-01-14 09:00",  # special hours may close a day
        "14": "2026-01-14 09:00",
    }


def test_a_makeup_workday_has_the_hours_of_the_first_open_weekday_if_none_are_given() -> None:
    given = calendar(makeup_workdays=["2026-01-04"])

    assert is_open(at("2026-01-04 09:00"), given)
    assert not is_open(at("2026-01-04 17:00"), given)


def test_a_holiday_that_is_not_active_is_a_working_day() -> None:
    given = calendar(holidays={"2026-01-05": {"zh": "某日", "en": "Some Day", "active": False}})

    assert is_open(at("2026-01-05 10:00"), given)


def test_a_calendar_open_one_hour_a_year_works() -> None:
    once = {f"{year}-07-01": [["10:00", "11:00"]] for year in range(2000, 2060)}
    given = calendar_from(GOOD | {"week": {}, "special_hours": once})
    axis = compiled(given)

    assert wall(next_opening(at("2026-07-01 11:00"), given)) == "2027-07-01 10:00"
    assert axis.nth_working_day(date(2026, 7, 1).toordinal(), 30) == date(2056, 7, 1).toordinal()


def test_what_lies_beyond_the_horizon_is_refused_and_soon() -> None:
    given = calendar_from(GOOD | {"week": {}, "special_hours": {"2026-07-01": [["10:00", "11:00"]]}})
    axis = compiled(given)

    with pytest.raises(CalendarNeverOpen):
        next_opening(at("2026-07-01 11:00"), given)
    with pytest.raises(CalendarNeverOpen):
        axis.nth_working_day(date(2026, 7, 1).toordinal(), -1)
    with pytest.raises(CalendarNeverOpen):
        axis.add(0, 3_601 * 1_000_000)
    with pytest.raises(CalendarNeverOpen):
        compiled(calendar(days=("mon",))).add(0, 201 * 53 * 8 * 3_600 * 1_000_000)


def test_a_hundred_years_ahead_and_behind_are_within_reach() -> None:
    axis = compiled(CN)
    today = date(2026, 6, 1).toordinal()

    far, past = axis.nth_working_day(today, 26_000), axis.nth_working_day(today, -26_000)

    assert date.fromordinal(far).year > 2124
    assert date.fromordinal(past).year < 1928
    assert axis.nth_working_day(past, 26_000) == axis.nth_working_day(today - 1, 1)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-02-13 10:00", "business-hours"),
        ("2026-02-13 12:00", "off-hours"),  # closing time is no longer open
        ("2026-02-13 13:30", "business-hours"),
        ("2026-02-13 03:00", "off-hours"),
        ("2026-02-14 10:00", "business-hours"),  # a make-up Saturday
        ("2026-02-16 10:00", "holiday"),  # Spring Festival
        ("2026-03-01 10:00", "holiday"),  # a Sunday
    ],
)
def test_an_instant_falls_into_business_hours_off_hours_or_a_day_off(moment: str, expected: str) -> None:
    assert period(at(moment, "Asia/Shanghai"), CN) == expected


def test_calendars_are_equal_by_content_and_compiled_once() -> None:
    assert calendar() == calendar()
    assert calendar() != calendar(holidays=["2026-01-01"])
    assert compiled(calendar()) is compiled(calendar())


def test_a_folder_adds_calendars_and_replaces_them_by_id(tmp_path: Path) -> None:
    text = 'id: cn\nversion: "x"\ntime_zone: Asia/Shanghai\nweek: {mon: [["09:00", "17:00"]]}\nholidays: [2027-01-01]\n'
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")

    calendars = load_calendars(tmp_path)

    assert calendars["cn"].version == "x"
    assert calendars["always"] == load_calendars()["always"]
    assert load_calendars()["cn"].version != "x"


def test_two_files_of_a_folder_must_not_share_an_id_and_errors_name_the_file(tmp_path: Path) -> None:
    text = 'id: own\nversion: "1"\ntime_zone: UTC\nweek: {mon: [["09:00", "17:00"]]}\n'
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CalendarError, match="same id"):
        load_calendars(tmp_path)

    (tmp_path / "b.yaml").write_text("id: b\nversion: '1'\ntime_zone: UTC\n", encoding="utf-8")
    with pytest.raises(CalendarError) as caught:
        load_calendars(tmp_path)
    assert caught.value.field == "b.yaml: week"

    (tmp_path / "b.yaml").write_text("id: [", encoding="utf-8")
    with pytest.raises(CalendarError, match="not YAML"):
        load_calendars(tmp_path)
