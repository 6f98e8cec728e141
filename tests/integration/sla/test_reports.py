"""A recurring report's deadline is armed and fires as a case's does, by its timer alone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.events.deadlines import ClockBreached, ClockMet, ClockWarned
from shared.events.envelope import make
from shared.events.reports import ReportMade, ReportOpened, report_id
from tests.integration.conftest import Open
from tests.integration.sla.bench import Bench
from tests.unit.intake.report_sample import PROCEDURE
from tests.unit.sla.scenes import at

pytestmark = pytest.mark.asyncio

START, DUE = at("2025-03-01 00:00"), at("2025-04-03 00:00")
NAMED = {"report": "monthly", "period": "2025-03"}


def opened(round: int) -> ReportOpened:
    days = {"first_day": date(2025, 3, 1), "last_day": date(2025, 3, 31)}
    return ReportOpened(**NAMED, **days, round=round, at=START, ready_at=at("2025-04-01 00:00"), due_at=DUE)


async def test_its_warning_and_its_breach_come_at_their_instants_unless_it_is_made(open_service: Open) -> None:
    bench = Bench(await open_service("sla"), PROCEDURE, start=START)
    ids = [report_id(PROCEDURE.id, "monthly", date(2025, 3, 1), round) for round in (1, 2)]
    for round, id in enumerate(ids, start=1):
        await bench.apply(make("intake", id, PROCEDURE.key, opened(round), cause="1", at=START))
    bench.clock.set(DUE - timedelta(days=1))
    assert await bench.fire() == 2
    made = ReportMade(**NAMED, at=bench.clock.now(), by="desk", edition=1)
    await bench.apply(make("intake", ids[1], PROCEDURE.key, made, cause="2", at=made.at))
    bench.clock.set(DUE)
    assert await bench.fire() == 1

    found = [(event.subject, type(event.data)) for event in await bench.emitted()]
    assert [kind for subject, kind in found if subject == ids[0]][1:] == [ClockWarned, ClockBreached]
    assert [kind for subject, kind in found if subject == ids[1]][1:] == [ClockWarned, ClockMet]
    await bench.sweep_all()
    assert len(await bench.emitted()) == len(found)
