"""Calendars that add to another. The Chinese calendar is official until 31 December 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.business_time.calendars import calendar_from
from shared.business_time.due import due
from shared.business_time.durations import Duration
from shared.business_time.loader import document_of, extended, load_calendars, read_calendar
from shared.errors import CalendarError

CALENDARS = load_calendars()
LOCAL_DAY = {"extends": "cn", "version": "2026.1-local", "holidays": {"2026-06-10": "本地假日"}}


def test_a_local_day_is_added_and_all_else_stays() -> None:
    base, calendar = CALENDARS["cn"], extended(LOCAL_DAY, CALENDARS)

    assert (calendar.id, calendar.version) == ("cn", "2026.1-local")
    assert set(calendar.holidays) - set(base.holidays) == {date(2026, 6, 10)}
    assert set(base.holidays) <= set(calendar.holidays)
    assert calendar.makeup_workdays == base.makeup_workdays
    assert calendar.published_until == base.published_until
    assert calendar.name == base.name


def test_what_is_listed_for_a_date_replaces_what_was_listed_before() -> None:
    document = {
        "extends": "cn",
        "version": "2",
        "holidays": {"2026-10-01": {"active": False}, "2026-09-20": "调整"},  # a Sunday that was a make-up workday
        "makeup_workdays": {"2026-10-02": "调整"},
        "special_hours": {"2026-05-08": [["09:00", "12:00"]]},
    }
    base, calendar = CALENDARS["cn"], extended(document, CALENDARS)

    assert date(2026, 9, 20) in base.makeup_workdays
    assert date(2026, 9, 20) not in calendar.makeup_workdays
    assert {date(2026, 10, 1), date(2026, 10, 2)} <= set(base.holidays)
    assert not {date(2026, 10, 1), date(2026, 10, 2)} & set(calendar.holidays)
    assert calendar.windows(date(2026, 5, 8).toordinal()) == ((9 * 3600_000_000, 12 * 3600_000_000),)


def test_a_year_that_is_published_replaces_what_was_expected_of_it_and_is_provisional_no_more() -> None:
    document = {
        "extends": "cn",
        "version": "2027.1",
        "published_until": "2027-12-31",
        "holidays": {"2027-01-01": "元旦", "2027-02-08": "春节"},
        "makeup_workdays": {"2027-02-14": "春节调休上班"},
    }
    base, calendar = CALENDARS["cn"], extended(document, CALENDARS)
    start, three = datetime(2027, 2, 4, 2, 0, tzinfo=UTC), Duration.parse("P3WD")

    assert [day for day in sorted(calendar.holidays) if day.year == 2027] == [date(2027, 1, 1), date(2027, 2, 8)]
    assert [day for day in calendar.holidays if day.year == 2028] == [day for day in base.holidays if day.year == 2028]
    assert due(start, three, base, time_basis="elapsed").provisional
    # Thu 4 Feb 2027: Fri 5 (1), Mon 8 holiday, Tue 9 (2), Wed 10 (3), until 24:00 in Shanghai
    found = due(start, three, calendar, time_basis="elapsed")
    assert (found.at, found.provisional) == (datetime(2027, 2, 10, 16, 0, tzinfo=UTC), False)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"extends": "nowhere"}, "extends"),
        ({"extends": None}, "extends"),
        ({"week": {}}, "week"),
        ({"time_zone": "Asia/Tokyo"}, "time_zone"),
        ({"version": None}, "version"),
        ({"version": "2026.1"}, "version"),
        ({"holidays": {"2026-13-01": "x"}}, "holidays"),
        ({"special_hours": {"2026-05-08": [["12:00", "09:00"]]}}, "special_hours.2026-05-08.0"),
        ({"makeup_workdays": ["2026-06-10"]}, "makeup_workdays.2026-06-10"),
        ({"published_until": "2025-12-31"}, "published_until"),
        ({"published_until": "2027-12-31"}, "holidays"),
    ],
)
def test_a_mistake_is_reported_by_its_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(CalendarError) as caught:
        extended(LOCAL_DAY | change, CALENDARS)
    assert caught.value.field == field


@pytest.mark.parametrize("id", sorted(CALENDARS))
def test_a_calendar_written_as_a_document_is_read_as_the_same_calendar(id: str) -> None:
    assert calendar_from(document_of(CALENDARS[id])) == CALENDARS[id]


def test_an_extension_may_lie_in_the_folder_beside_the_calendar_that_it_extends(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text('extends: own\nid: more\nversion: "1"\nholidays: ["2026-06-10"]\n', "utf-8")
    (tmp_path / "b.yaml").write_text(
        'id: own\nversion: "1"\ntime_zone: UTC\nweek: {mon: [["09:00", "17:00"]]}\n', "utf-8"
    )

    found = load_calendars(tmp_path)

    assert set(found["more"].holidays) == {date(2026, 6, 10)}
    assert found["more"].week == found["own"].week


def test_the_file_stands_before_the_field(tmp_path: Path) -> None:
    path = tmp_path / "local.yaml"
    path.write_text("extends: cn\nversion: 3\n", "utf-8")
    with pytest.raises(CalendarError) as caught:
        read_calendar(path)
    assert caught.value.field == "local.yaml: version"
