"""Writes cn.yaml: China's working calendar as the State Council published it, year by year.

`python -m shared.business_time.data.seed_cn` prints the file. Published years come from the package `chinesecalendar`;
for the years after them, the statutory holidays that `holidays` expects are listed, without make-up workdays, and all
that rests on them is provisional. Both are development dependencies: nothing reads them at run time.
Run it when a new year is published, and set VERSION.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

import yaml

FIRST = date(2004, 1, 1)
VERSION = "2026.1"
EXPECTED_YEARS = 5

# The notice for 2006 (国办发明电〔2005〕35号) says that 31 December 2005, a Saturday, is worked; chinesecalendar 1.11.0
# has it as a day off.
_WORKED_AFTER_ALL = {date(2005, 12, 31): "New Year's Day"}

_NAMES = {
    "New Year's Day": ("元旦", "New Year's Day"),
    "Spring Festival": ("春节", "Spring Festival"),
    "Tomb-sweeping Day": ("清明节", "Qingming Festival"),
    "Labour Day": ("劳动节", "Labour Day"),
    "Dragon Boat Festival": ("端午节", "Dragon Boat Festival"),
    "Mid-autumn Festival": ("中秋节", "Mid-Autumn Festival"),
    "National Day": ("国庆节", "National Day"),
    "Anti-Fascist 70th Day": ("抗战胜利70周年纪念日", "70th anniversary of the victory of 1945"),
}

_HEADER = """\
# China's working calendar: holidays and make-up workdays (调休) as published by the State Council, until
# published_until; after that, the statutory holidays that are to be expected: due dates there are provisional.
# Made by `python -m shared.business_time.data.seed_cn`; do not edit by hand. An organisation's own hours or local
# holidays go into a calendar of its own, in the calendars folder.
"""


def document() -> dict[str, Any]:
    """The calendar document from the first to the last published year; dates as ISO texts."""
    import chinese_calendar as source

    last = date(max(day.year for day in source.holidays), 12, 31)
    holidays: dict[str, dict[str, str]] = {}
    workdays: dict[str, dict[str, str]] = {}
    for offset in range((last - FIRST).days + 1):
        day = FIRST + timedelta(days=offset)
        weekend = day.weekday() >= 5
        if day in source.holidays:
            zh, en = _NAMES[str(source.holidays[day])]
            holidays[day.isoformat()] = {"zh": zh, "en": en}
        elif weekend and (day in source.workdays or day in _WORKED_AFTER_ALL):
            zh, en = _NAMES[str(source.workdays.get(day) or _WORKED_AFTER_ALL[day])]
            workdays[day.isoformat()] = {"zh": f"{zh}调休上班", "en": f"make-up workday for {en}"}
    holidays |= _expected(last.year + 1, last.year + EXPECTED_YEARS)
    office = [["09:00", "12:00"], ["13:30", "17:30"]]
    return {
        "id": "cn",
        "version": VERSION,
        "name": {"zh": "中国大陆工作日历", "en": "Working days of mainland China"},
        "time_zone": "Asia/Shanghai",
        "source": f"State Council notices, 2004 to {last.year}; expected statutory holidays after that",
        "published_from": FIRST.isoformat(),
        "published_until": last.isoformat(),
        "week": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), office),
        "holidays": holidays,
        "makeup_workdays": workdays,
    }


def _expected(first: int, last: int) -> dict[str, dict[str, str]]:
    """The statutory holidays of years that are not published yet."""
    import holidays

    years = range(first, last + 1)
    zh, en = (holidays.country_holidays("CN", years=years, language=language) for language in ("zh_CN", "en_US"))
    return {
        day.isoformat(): {"zh": f"{zh[day]}（预计）", "en": f"{str(en[day]).strip()} (expected)"} for day in sorted(zh)
    }


def main() -> None:
    """Print the file."""
    sys.stdout.write(_HEADER)

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

    yaml.dump(document(), sys.stdout, Dumper, allow_unicode=True, sort_keys=False, default_flow_style=None, width=110)


if __name__ == "__main__":
    main()
