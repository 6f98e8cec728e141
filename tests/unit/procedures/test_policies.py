"""The shipped procedures decide as the written rules say: golden tables, each row with the fact behind it."""

from __future__ import annotations

from datetime import date

from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone
from shared.procedures.loader import load_library
from shared.procedures.report_periods import period_of, times_of

LIBRARY = load_library()
MALL = LIBRARY.get("shopping-mall")
VANKE = LIBRARY.get("vanke-developer")


def test_reports_due_before_a_day_are_due_before_it() -> None:
    cn = load_calendars()["cn"]
    last = {}
    for one in (*VANKE.reports, *MALL.reports):
        times = times_of(one, period_of(one.every, date(2025, 4, 10)), "Asia/Shanghai", cn)
        last[one.id] = f"{times.due_at.astimezone(zone('Asia/Shanghai')):%m-%d %H:%M}"
    assert last["half-month-report"] == "04-18 00:00"  # .102
    assert last["month-report"] == "05-03 00:00"  # .103
    assert last["warranty-record"] == "04-27 00:00"  # .100
    assert last["quarterly-record"] == "07-04 00:00"  # shopping-mall.47
