"""Recurring reports: opened by themselves, counted where the cases lie, frozen, listed and signed off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio
from prometheus_client import REGISTRY
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.embedded.home import Home
from services.intake.background.reports import Reports
from services.intake.form_book import FormBook
from services.intake.handlers.reports import ReportHandlers
from services.intake.service import build
from services.intake.store import report_figures
from shared.business_time.calendars import Name
from shared.business_time.clock import VirtualClock
from shared.business_time.loader import load_calendars
from shared.events import assignments as a
from shared.events import deadlines as d
from shared.events.reports import CaseListed, ReportComputed, ReportMade, ReportOpened, ReportRescheduled, is_report
from shared.hosting.host import Context
from shared.hosting.http import make_app
from shared.messaging.outbox import Outbox
from shared.procedures.loader import Library
from shared.security.keys import KeyRing
from shared.security.vault import open_vault
from shared.settings import ServiceSettings
from tests.integration.intake.conftest import LIMITED, SECRET, Intake
from tests.integration.intake.reporting import Desk, at
from tests.unit.intake.report_sample import PROCEDURE

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIRST = "2025-03-03 10:00"


@pytest_asyncio.fixture
async def desk(engine: AsyncEngine, home: Home) -> AsyncIterator[Desk]:
    """The service with the procedure of reports, on Monday, 3 March 2025."""
    key_file: Path = home.secrets / "vault.key"
    clock, outbox = VirtualClock(at(FIRST)), Outbox(engine)
    library, calendars, vault = Library((PROCEDURE,)), load_calendars(), open_vault(key_file)
    settings = ServiceSettings(vault_key_file=key_file)
    context = Context("intake", settings, engine, clock, library, calendars, outbox)
    service = build(context)
    app = make_app("intake", KeyRing(engine), {}, service.limits)
    for router in service.routers:
        app.include_router(router)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://intake", headers=headers) as http:
        forms = FormBook(library, calendars)
        handlers = ReportHandlers(outbox, library, calendars, forms, vault, clock)
        yield Desk(Intake(http, engine, clock, vault, service, outbox), handlers, forms, context)


async def emitted(desk: Desk, kind: type[Any]) -> list[Any]:
    return [event for event in await desk.intake.emitted() if isinstance(event.data, kind)]


def states(rows: list[dict[str, Any]]) -> list[tuple[str, str, int, str]]:
    return [(row["report"], row["period"], row["round"], row["state"]) for row in rows]


async def sign(desk: Desk, row: dict[str, Any], by: str = "desk", **fields: Any) -> httpx.Response:
    return await desk.intake.http.post(f"/v1/reports/{row['report_id']}/sign-off", json={"by": by, "fields": fields})


async def test_the_present_periods_are_opened_once_and_those_missed_are_caught_up_with(desk: Desk) -> None:
    await desk.run()
    await desk.run()
    assert sorted(states(await desk.reports())) == [
        ("monthly", "2025-03", 1, "open"),
        ("own-summary", "2025-Q1", 1, "open"),
        ("own-summary", "2025-Q1", 1, "open"),
        ("patrol", "2025-03-03", 1, "ready"),
        ("patrol", "2025-03-03", 2, "ready"),
        ("unsolved", "2025-03", 1, "open"),
    ]
    opened = await emitted(desk, ReportOpened)
    assert len(opened) == 6
    assert all(is_report(event.subject) for event in opened)
    monthly = next(event.data for event in opened if event.data.report == "monthly")
    assert (monthly.at, monthly.ready_at, monthly.due_at) == (
        at("2025-03-01 00:00"),
        at("2025-04-01 00:00"),
        at("2025-04-03 00:00"),
    )

    await desk.run("2025-05-02 09:00")  # two months without a look

    assert [row["period"] for row in await desk.reports(report="monthly")] == ["2025-03", "2025-04", "2025-05"]
    patrols = await desk.reports(report="patrol")
    assert len(patrols) == 2 * 61
    assert len({row["report_id"] for row in patrols}) == 2 * 61
    assert len(await emitted(desk, ReportOpened)) == 3 + 3 + 2 * 2 + 2 * 61


async def test_several_processes_open_and_count_a_report_once(desk: Desk) -> None:
    await desk.run()
    desk.now("2025-04-01 00:00")
    await asyncio.gather(*(desk.handlers.open_due() for _ in range(4)))
    ids = await desk.handlers.to_compute()
    counted = await asyncio.gather(*(desk.handlers.compute(id) for id in ids for _ in range(3)))
    assert sum(counted) == len(ids)
    computed = [event.data for event in await emitted(desk, ReportComputed) if event.data.report == "monthly"]
    assert [(one.period, one.edition) for one in computed] == [("2025-03", 1)]


async def month(desk: Desk) -> dict[str, UUID]:
    """March: five complaints and what became of them by the end of the month, and after it."""
    await desk.run()
    cases = {
        "closed": await desk.case("2025-03-03 11:00", channel="telephone", kind="goods"),
        "valid": await desk.case("2025-03-04 11:00", kind="goods"),
        "late": await desk.case("2025-03-05 11:00", kind="service"),
        "open": await desk.case("2025-03-31 23:59"),
        "april": await desk.case("2025-04-01 00:00", channel="telephone"),
    }
    for case in cases.values():
        await desk.happened(case, "2025-04-01 00:00", a.CaseAssigned(department="desk"))
    return cases


async def test_figures_are_those_of_the_month_and_its_cases(desk: Desk) -> None:
    cases = await month(desk)
    for name in ("closed", "valid"):
        await desk.milestone(cases[name], "2025-03-10 10:00", "judged", valid=True)
    await desk.milestone(cases["closed"], "2025-03-11 10:00", "resolved")
    await desk.milestone(cases["closed"], "2025-03-12 10:00", "closed")
    await desk.milestone(cases["valid"], "2025-04-01 00:00", "closed")  # a moment too late for March
    due = {"clock": "handling", "cycle": 1, "due_at": at("2025-03-20 00:00")}
    breach = d.ClockBreached(
        **due, step="due", step_due_at=at("2025-03-20 00:00"), fired_at=at("2025-03-20 00:00"), late_by=0.0
    )
    await desk.happened(cases["late"], "2025-03-20 00:00", breach, "sla")
    await desk.happened(cases["valid"], "2025-03-20 00:00", breach, "sla")
    await desk.happened(cases["valid"], "2025-03-21 00:00", d.BreachRetracted(**due), "sla")

    await desk.run("2025-04-01 09:00")

    found = await desk.report("monthly", "2025-03")
    (edition,) = found["editions"]
    assert (found["state"], edition["edition"], edition["cases"]) == ("ready", 1, 4)
    shown = [{key: value for key, value in one.items() if key != "against"} for one in edition["figures"]]
    assert shown == [
        {"kind": "count", "count": "received", "value": 4},
        {"kind": "count", "count": "resolved", "value": 1},
        {"kind": "count", "count": "breached", "value": 1},
        {"kind": "count", "count": "valid", "value": 2},
        {
            "kind": "count",
            "by": "channel",
            "groups": [{"key": "letter", "value": 3}, {"key": "telephone", "value": 1}],
            "more": False,
        },
        {
            "kind": "count",
            "count": "received",
            "by": "department",
            "groups": [{"key": None, "value": 4}],  # they were assigned when the month was over
            "more": False,
        },
        {"kind": "rate", "rate": ["closed", "valid"], "numerator": 1, "denominator": 2},
        {
            "kind": "rate",
            "rate": ["resolved", "received"],
            "by": "kind",
            "groups": [
                {"key": "goods", "numerator": 1, "denominator": 2},
                {"key": "service", "numerator": 0, "denominator": 1},
                {"key": None, "numerator": 0, "denominator": 1},
            ],
            "more": False,
        },
    ]
    assert {(one["against"]["period"], one["against"]["complete"]) for one in edition["figures"]} == {
        ("2025-02", False)
    }


async def test_figures_stay_as_they_were_counted_and_a_new_count_is_a_new_edition(desk: Desk) -> None:
    cases = await month(desk)
    await desk.run("2025-04-01 09:00")
    await desk.milestone(cases["closed"], "2025-03-30 10:00", "resolved")  # reported late
    await desk.run("2025-04-01 10:00")
    row = await desk.report("monthly", "2025-03")
    assert [one["figures"][1]["value"] for one in row["editions"]] == [0]

    path = f"/v1/reports/{row['report_id']}/editions"
    refused = await desk.intake.http.post(path, json={"by": "shop"})
    assert (refused.status_code, refused.json()["field"]) == (422, "by")
    answer = await desk.intake.http.post(path, json={"by": "head"})
    assert (answer.status_code, answer.json()["edition"]) == (201, 2)
    row = await desk.report("monthly", "2025-03")
    assert [(one["figures"][1]["value"], one["computed_by"]) for one in row["editions"]] == [(0, None), (1, "head")]


async def test_each_open_case_is_listed_once_and_says_so_in_its_timeline(desk: Desk) -> None:
    cases = await month(desk)
    await desk.milestone(cases["closed"], "2025-03-11 10:00", "resolved")
    await desk.milestone(cases["late"], "2025-03-11 10:00", "closed")
    for _ in range(2):
        await desk.run("2025-04-01 09:00")
    listed = await emitted(desk, CaseListed)
    assert {event.subject for event in listed} == {cases["valid"], cases["open"]}
    assert len(listed) == 2
    occurrences = (await desk.intake.http.get(f"/v1/cases/{cases['open']}/timeline")).json()["occurrences"]
    assert "listed:unsolved" in [one["occurrence"] for one in occurrences]
    row = await desk.report("unsolved", "2025-03")
    page = (await desk.intake.http.get(f"/v1/reports/{row['report_id']}/cases")).json()
    assert {one["case_id"] for one in page["cases"]} == {str(cases["valid"]), str(cases["open"])}
    assert row["due_at"] == at("2025-04-09 00:00").isoformat()  # 4 to 6 April are no working days


async def test_a_report_is_signed_off_once_by_who_makes_it_when_its_period_is_over(desk: Desk) -> None:
    await desk.run()
    (row,) = await desk.reports(report="monthly")
    early = await sign(desk, row, causes="见附件")
    assert (early.status_code, early.json()["field"]) == (409, "report")
    assert "2025-03-31T16:00" in early.json()["hint"]

    desk.now("2025-04-01 00:00")
    uncounted = await sign(desk, row, causes="见附件")
    assert (uncounted.status_code, uncounted.json()["title"]) == (409, "its figures are being computed")
    await desk.run()
    stranger = await sign(desk, row, by="shop", causes="见附件")
    assert (stranger.status_code, stranger.json()["field"]) == (422, "by")
    lacking = await sign(desk, row, unknown=1)
    assert [one["field"] for one in lacking.json()["errors"]] == ["fields", "fields.causes"]

    first, again = [await sign(desk, row, causes="张三反映的问题") for _ in range(2)]
    assert (first.status_code, first.json()["state"]) == (200, "made")
    assert again.json() == first.json()
    other = await sign(desk, row, causes="李四")
    assert other.status_code == 409
    (made,) = await emitted(desk, ReportMade)
    assert (made.data.by, made.data.fields, made.data.edition) == ("desk", {"meeting": False}, 1)
    stored = await desk.intake.rows("SELECT * FROM reports")
    assert "张三" not in str(stored) + str(await desk.intake.emitted())


async def test_what_a_person_wrote_is_read_with_a_purpose_and_the_reading_is_recorded(desk: Desk) -> None:
    await desk.run()
    await desk.run("2025-04-01 00:00")
    row = await desk.report("monthly", "2025-03")
    await sign(desk, row, causes="张三反映的问题", meeting=True)
    path = f"/v1/reports/{row['report_id']}"
    plain = (await desk.intake.http.get(path)).json()
    assert "texts" not in plain
    assert plain["fields"] == {"meeting": True}
    read = (await desk.intake.http.get(path, params={"purpose": "review"})).json()
    assert read["texts"] == {"causes": "张三反映的问题"}
    (noted,) = await desk.intake.rows("SELECT case_id, fields, purpose FROM vault_reads")
    assert (str(noted["case_id"]), noted["fields"], noted["purpose"]) == (row["report_id"], ["causes"], "review")


async def test_both_rounds_of_a_day_are_made_within_it_and_late_after_it(desk: Desk) -> None:
    await desk.run()
    one, two = await desk.reports(report="patrol")
    assert (await sign(desk, one, lifts=True)).json()["state"] == "made"
    desk.now("2025-03-04 00:00")
    assert [row["state"] for row in await desk.reports(report="patrol")] == ["made", "ready"]
    desk.now("2025-03-04 00:01")
    assert [row["report_id"] for row in await desk.reports(state="overdue")] == [two["report_id"]]
    assert (await sign(desk, two, lifts=False)).json()["state"] == "made-late"


async def test_a_new_calendar_moves_what_is_not_made_and_leaves_what_is(desk: Desk) -> None:
    await desk.run()
    await desk.run("2025-04-01 09:00")
    march = await desk.report("unsolved", "2025-03")
    assert (await sign(desk, march)).json()["state"] == "made"
    calendars: Any = desk.context.calendars
    ends = [(await desk.report("unsolved", period))["due_at"] for period in ("2025-03", "2025-04")]
    holidays = {**calendars["cn"].holidays, date(2025, 4, 2): Name("", ""), date(2025, 5, 6): Name("", "")}
    calendars["cn"] = replace(calendars["cn"], version="later", holidays=holidays)
    for _ in range(3):
        assert await desk.handlers.reschedule(UUID(int=0), most=2) is not None
        assert await desk.handlers.reschedule(UUID(int=0)) is None

    assert (await desk.report("unsolved", "2025-03"))["due_at"] == ends[0]
    assert ends[1] == at("2025-05-13 00:00").isoformat()  # 1 to 5 May are holidays
    assert (await desk.report("unsolved", "2025-04"))["due_at"] == at("2025-05-14 00:00").isoformat()
    (moved,) = await emitted(desk, ReportRescheduled)
    assert (moved.data.period, moved.data.previous_due_at.isoformat()) == ("2025-04", ends[1])


async def test_the_loop_does_it_all_and_counts_what_is_open_and_overdue(desk: Desk) -> None:
    case = await desk.case(FIRST)
    loop = Reports(desk.context, desk.handlers)
    await loop.look()
    desk.now("2025-04-03 00:01")
    for _ in range(10):
        await loop.look()
    assert (await desk.report("monthly", "2025-03"))["state"] == "overdue"
    assert [event.subject for event in await emitted(desk, CaseListed)] == [case]
    labels = {"procedure": PROCEDURE.id}
    found = [REGISTRY.get_sample_value(f"huiyin_reports_{word}", labels) for word in ("open", "overdue")]
    # overdue: the monthly one, and two rounds of each day from 3 March to 2 April; open beside them: today's rounds,
    # the list of March, and of April the monthly one, the list and two summaries; of the first quarter two
    assert found == [63 + 2 + 1 + 4 + 2, 63]


async def test_one_report_that_cannot_be_counted_holds_up_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    loop = Reports(desk.context, desk.handlers)
    await loop.look()
    desk.now("2025-04-01 00:00")
    count = report_figures.figure_value

    async def failing(tx: Any, report: Any, figure: Any, window: Any) -> Any:
        if report.id == "monthly":
            raise ValueError("broken")
        return await count(tx, report, figure, window)

    monkeypatch.setattr(report_figures, "figure_value", failing)
    for _ in range(3):
        await loop.look()
    assert (await desk.report("monthly", "2025-03"))["editions"] == []
    assert {row["state"] for row in await desk.reports(report="own-summary", period="2025-Q1")} == {"ready"}
    monkeypatch.undo()
    for _ in range(60):
        await loop.look()
    assert (await desk.report("monthly", "2025-03"))["state"] == "ready"


async def test_where_each_office_makes_its_own_it_counts_its_own_cases_and_signs_no_others(desk: Desk) -> None:
    await desk.run()
    for when, department in [("2025-03-03 11:00", "desk"), ("2025-03-04 11:00", "shop"), ("2025-03-05 11:00", "shop")]:
        case = await desk.case(when)
        await desk.happened(case, when, a.CaseAssigned(department=department))
    await desk.milestone(case, "2025-03-06 10:00", "resolved")
    moved = await desk.case("2025-03-07 11:00")
    await desk.happened(moved, "2025-03-07 11:00", a.CaseAssigned(department="shop"))
    await desk.happened(moved, "2025-03-08 11:00", a.CaseReassigned(department="desk", previous="shop"))
    await desk.run("2025-04-01 09:00")

    rows = {row["office"]: row for row in await desk.reports(report="own-summary", period="2025-Q1")}
    found = {}
    for office, row in rows.items():
        read = (await desk.intake.http.get(f"/v1/reports/{row['report_id']}")).json()
        counted, rate = read["editions"][0]["figures"]
        found[office] = (counted["value"], rate["numerator"], rate["denominator"])
    assert found == {"desk": (2, 0, 2), "shop": (2, 1, 2)}
    assert [row["by"] for row in rows.values()] == [[office] for office in rows]
    others = await sign(desk, rows["shop"], by="desk")
    assert (others.status_code, others.json()["hint"]) == (422, "one of: shop")
    assert (await sign(desk, rows["shop"], by="shop")).json()["state"] == "made"


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/reports/{id}", "/v1/reports/{id}/cases"])
async def test_a_key_without_the_scope_reads_no_report(desk: Desk, path: str) -> None:
    await desk.run()
    (row,) = await desk.reports(report="monthly")
    path = path.format(id=row["report_id"])
    refused = await desk.intake.http.get(path, headers={"Authorization": f"Bearer {LIMITED}"})
    assert refused.status_code == 403
    signing = await desk.intake.http.post(
        f"/v1/reports/{row['report_id']}/sign-off",
        json={"by": "desk"},
        headers={"Authorization": f"Bearer {LIMITED}"},
    )
    assert signing.status_code == 403


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    for path in (f"/v1/reports/{UUID(int=1)}", f"/v1/reports/{UUID(int=1)}/cases"):
        assert (await desk.intake.http.get(path)).status_code == 404
    answer = await desk.intake.http.post(f"/v1/reports/{UUID(int=1)}/sign-off", json={"by": "desk"})
    assert answer.status_code == 404
