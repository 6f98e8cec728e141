"""The calendar `cn` against both libraries that know China's make-up workdays."""

from datetime import date, timedelta
from importlib.resources import files

import chinese_calendar
import holidays
import yaml

from shared.business_time.compiled import compiled
from shared.business_time.data.seed_cn import document
from tests.unit.business_time.making import CN

FIRST, LAST = date(2004, 1, 1), date(2026, 12, 31)
# The notice for 2006 (国办发明电〔2005〕35号) has this Saturday worked; chinesecalendar 1.11.0 alone does not.
NOT_IN_CHINESECALENDAR = [date(2005, 12, 31)]


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def test_every_published_day_is_what_chinesecalendar_says() -> None:
    axis = compiled(CN)

    wrong = [
        day for day in days(FIRST, LAST) if axis.is_working_day(day.toordinal()) != chinese_calendar.is_workday(day)
    ]

    assert wrong == NOT_IN_CHINESECALENDAR


def test_every_published_day_is_what_holidays_says_make_up_days_included() -> None:
    axis = compiled(CN)
    china = holidays.country_holidays("CN", years=range(2004, 2027))

    wrong = [day for day in days(FIRST, LAST) if axis.is_working_day(day.toordinal()) != china.is_working_day(day)]

    assert wrong == []


def test_what_is_published_ends_with_the_last_published_year() -> None:
    assert (CN.published_from, CN.published_until) == (FIRST, LAST)
    assert not any(day > LAST for day in CN.makeup_workdays)
    assert all("预计" in name.zh and "expected" in name.en for day, name in CN.holidays.items() if day > LAST)
    assert not any("预计" in name.zh for day, name in CN.holidays.items() if day <= LAST)


def test_every_holiday_and_makeup_workday_has_a_name_in_both_languages() -> None:
    assert all(name.zh and name.en for name in (*CN.holidays.values(), *CN.makeup_workdays.values()))


def test_the_file_is_what_the_script_writes() -> None:
    text = files("shared.business_time").joinpath("data", "cn.yaml").read_text(encoding="utf-8")

    assert yaml.safe_load(text) == document()
