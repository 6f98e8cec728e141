"""Which reports are opened, by which version, and what may be written into one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.field_errors import FieldError
from services.intake.domain.reports import PeriodicReport, Written, read_fields, require_ready, spec_of, to_open
from shared.business_time.loader import load_calendars
from shared.errors import Conflict
from shared.events.reports import is_report, report_id
from shared.procedures.loader import Library
from shared.procedures.model import Procedure, Report
from tests.unit.intake.report_sample import PROCEDURE

CALENDARS = load_calendars()
SECOND = PROCEDURE.model_copy(
    update={
        "version": 2,
        "in_force_from": date(2025, 3, 1),
        "reports": tuple(one for one in PROCEDURE.reports if one.id != "patrol"),
    }
)
LIBRARY = Library((PROCEDURE, SECOND))


def in_force(day: date) -> Procedure | None:
    return LIBRARY.get(PROCEDURE.id, on=day) if day >= PROCEDURE.in_force_from else None


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)


def opened(report: str, through: date | None, today: date, most: int = 1000) -> list[tuple[str, int, int]]:
    found = to_open(report, through, today, noon(today), in_force, CALENDARS, most=most)
    return [(one.period, one.round, one.procedure_version) for one in found.reports] if found else []


def spec(report: str) -> Report:
    found = spec_of(PROCEDURE, report)
    assert found is not None
    return found


def test_at_first_sight_the_present_period_is_opened_and_none_before() -> None:
    assert opened("monthly", None, date(2025, 2, 10)) == [("2025-02", 1, 1)]


def test_at_first_sight_nothing_is_opened_that_was_due_before() -> None:
    (monthly,) = [one for one in PROCEDURE.reports if one.id == "monthly"]
    due = monthly.due.model_copy(update={"of": "period", "day": 5}) if monthly.due else None
    early = PROCEDURE.model_copy(update={"reports": (monthly.model_copy(update={"due": due}),)})
    found = to_open("monthly", None, date(2025, 2, 10), noon(date(2025, 2, 10)), lambda _: early, CALENDARS, most=9)
    assert found is not None
    assert (found.reports, found.through) == ((), date(2025, 2, 28))


def test_each_period_goes_by_the_version_in_force_on_its_first_day() -> None:
    found = opened("monthly", date(2025, 1, 31), date(2025, 4, 1))
    assert found == [("2025-02", 1, 1), ("2025-03", 1, 2), ("2025-04", 1, 2)]


def test_a_report_that_a_new_version_has_no_more_is_opened_up_to_that_version() -> None:
    found = opened("patrol", date(2025, 2, 26), date(2025, 3, 5))
    assert found == [("2025-02-27", 1, 1), ("2025-02-27", 2, 1), ("2025-02-28", 1, 1), ("2025-02-28", 2, 1)]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.integers(1, 7), st.sampled_from(["monthly", "patrol"]))
def test_however_often_one_looks_each_period_is_opened_once(steps: list[int], most: int, report: str) -> None:
    today, through, seen = date(2025, 1, 5), None, []
    for step in [0, *steps]:
        today += timedelta(days=step)
        while True:
            found = to_open(report, through, today, noon(today), in_force, CALENDARS, most=most)
            if found is None:
                break
            seen += [one.id for one in found.reports]
            through = found.through
    assert len(seen) == len(set(seen))
    whole = to_open(report, None, date(2025, 1, 5), noon(date(2025, 1, 5)), in_force, CALENDARS, most=1000)
    assert whole is not None
    rest = to_open(report, whole.through, today, noon(today), in_force, CALENDARS, most=10_000)
    assert seen == [one.id for one in (*whole.reports, *(rest.reports if rest else ()))]


def test_a_reports_id_tells_it_from_a_case_and_is_always_the_same() -> None:
    ids = {report_id("p", "r", date(2025, 1, day), round) for day in range(1, 29) for round in (1, 2)}
    assert len(ids) == 56
    assert all(is_report(one) and one.variant == "specified in RFC 4122" for one in ids)
    assert str(report_id("p", "r", date(2025, 1, 1), 1)) == "296b44be-5377-8c9a-8cfc-99502b6427a5"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"causes": "原因"}, ({"meeting": False}, {"causes": "原因"})),
        ({"causes": "原因", "meeting": True}, ({"meeting": True}, {"causes": "原因"})),
        ({}, ["fields.causes"]),
        ({"causes": " "}, ["fields.causes"]),
        ({"causes": "x", "meeting": "perhaps"}, ["fields.meeting"]),
        ({"causes": "x", "张三": 1}, ["fields"]),
    ],
)
def test_what_is_written_fits_the_reports_fields(given: dict[str, Any], expected: Any) -> None:
    found = read_fields(spec("monthly"), given)
    if isinstance(found, Written):
        assert (dict(found.coded), dict(found.texts)) == expected
    else:
        assert [one.field for one in found if isinstance(one, FieldError)] == expected


def made(**changes: Any) -> PeriodicReport:
    found = to_open("monthly", None, date(2025, 2, 10), noon(date(2025, 2, 10)), in_force, CALENDARS, most=1)
    assert found is not None
    one = found.reports[0]
    return PeriodicReport(**{name: getattr(one, name) for name in one.__slots__} | changes)


READY, DUE = datetime(2025, 2, 28, 16, tzinfo=UTC), datetime(2025, 3, 2, 16, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("changes", "now", "state"),
    [
        ({}, READY - MOMENT, "open"),
        ({}, READY, "open"),
        ({"edition": 1}, DUE, "ready"),
        ({"edition": 1}, DUE + MOMENT, "overdue"),
        ({"edition": 1, "made_at": DUE}, DUE + MOMENT, "made"),
        ({"edition": 1, "made_at": DUE + MOMENT}, DUE + MOMENT, "made-late"),
    ],
)
def test_where_a_report_stands(changes: dict[str, Any], now: datetime, state: str) -> None:
    assert made(**changes).state(now) == state


def test_a_report_is_not_made_before_it_can_be() -> None:
    with pytest.raises(Conflict) as caught:
        require_ready(made(edition=1), READY - MOMENT)
    assert caught.value.hint == "it can be made from 2025-02-28T16:00:00+00:00 on"
    require_ready(made(edition=1), READY)
    with pytest.raises(Conflict):
        require_ready(made(), READY)
