"""The story of 27 January 2020, when the State Council made the Spring Festival three days longer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.business_time.calendars import Calendar
from shared.events.complaints import ComplaintAdmitted
from shared.events.envelope import Event, make
from shared.procedures.model import Procedure
from tests.integration.sla.bench import Bench
from tests.unit.sla.scenes import at, procedure
from tests.unit.sla.test_rule_versions import BEFORE_THE_EXTENSION

RULES = procedure({"from": ["admitted"], "until": ["resolved"], "duration": "P5WD"})
START, NOW = at("2020-01-20 09:00"), at("2020-01-27 12:00")


def bench_of_2019(engine: AsyncEngine, *procedures: Procedure) -> Bench:
    """A bench on the calendar as it was published in 2019, a week before the change."""
    return Bench(engine, *(procedures or (RULES,)), start=START, calendars={"cn": BEFORE_THE_EXTENSION})


def publish(bench: Bench, calendar: Calendar) -> None:
    """On the day of the change, the calendar is loaded."""
    bench.clock.set(NOW)
    bench.calendars["cn"] = calendar


def admitted(case: UUID, when: datetime = START) -> Event:
    """A complaint that is taken up then."""
    return make("intake", case, RULES.key, ComplaintAdmitted(), cause="1", at=when)
