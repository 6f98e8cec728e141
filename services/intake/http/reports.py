"""Recurring reports over HTTP: which there are, their figures, the cases they list, and signing one off."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from services.intake.domain.reports import PeriodicReport, makers, spec_of
from services.intake.handlers.reports import Maker, ReportHandlers, ReportReading
from services.intake.http.request_bodies import body_of, described, refusal
from services.intake.store import reports as store
from services.intake.store.reports import Edition, Filter, ListedCase
from shared.errors import NotFound
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.model import Id, Report
from shared.security.acting import Principal, own_offices

Writer = Annotated[Principal, needs("reports:write")]
Reader = Annotated[Principal, needs("reports:read")]
State = Literal["open", "ready", "overdue", "made"]
_PERSON = r"^[A-Za-z0-9._-]{1,64}$"


class SignOff(BaseModel):
    """Which office makes the report (`by`), perhaps which person of it (a staff id), and what it writes by field."""

    model_config = ConfigDict(extra="forbid")

    by: Id
    person: str | None = Field(default=None, pattern=_PERSON)
    fields: dict[str, Any] = Field(default={}, max_length=200)


class Recount(BaseModel):
    """Which office has the figures counted anew."""

    model_config = ConfigDict(extra="forbid")

    by: Id


def report_routes(context: Context, handlers: ReportHandlers) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v1/reports")
    engine, clock, library = context.engine, context.clock, context.library

    def view(one: PeriodicReport) -> dict[str, Any]:
        try:
            spec = spec_of(library.get(*one.pin), one.report)
        except NotFound:
            spec = None
        return report_view(one, spec, one.state(clock.now()))

    @routes.get("", dependencies=[needs("reports:read")])
    async def listed(
        procedure: Annotated[str | None, Query(max_length=60)] = None,
        report: Annotated[str | None, Query(max_length=60)] = None,
        period: Annotated[str | None, Query(max_length=20)] = None,
        state: State | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 50,
        after: UUID | None = None,
    ) -> dict[str, Any]:
        """A page of reports, those due first at the head; `next` is the `after` of the following page."""
        wanted = Filter(procedure, report, period, state, after, limit)
        async with engine.connect() as connection:
            found = await store.list_reports(connection, wanted, clock.now())
        return {"reports": [view(one) for one in found], "next": str(found[-1].id) if len(found) == limit else None}

    @routes.get("/{report_id}")
    async def show(
        report_id: UUID,
        caller: Reader,
        purpose: Annotated[str | None, Query(pattern=r"^[a-z][a-z0-9-]{0,59}$")] = None,
    ) -> dict[str, Any]:
        """A report with all editions of its figures. With a `purpose` also the texts in it: that needs the scope
        vault:read, and is recorded."""
        if purpose is not None:
            caller.require("vault:read")
        return reading_view(await handlers.read(report_id, caller.name, purpose), clock.now())

    @routes.get("/{report_id}/cases")
    async def cases(
        report_id: UUID,
        caller: Annotated[Principal, needs("reports:read")],
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        after: UUID | None = None,
    ) -> dict[str, Any]:
        """A page of the cases that a report lists, as they stand now."""
        async with engine.connect() as connection:
            if await store.find(connection, report_id) is None:
                raise NotFound("there is no such report")
            acting = own_offices(caller.acts_as)
            found = await store.listed_cases(connection, report_id, after, limit=limit, acting=acting)
        return {"cases": [_case(one) for one in found], "next": str(found[-1].id) if len(found) == limit else None}

    @routes.post("/{report_id}/sign-off", openapi_extra=described(SignOff))
    async def sign_off(report_id: UUID, caller: Writer, given: Annotated[SignOff, body_of(SignOff)]) -> Response:
        """The office has made the report; the same again changes nothing."""
        result = await handlers.sign_off(report_id, Maker(given.by, given.person, caller), given.fields)
        return refusal(result) if isinstance(result, list) else JSONResponse(view(result))

    @routes.post("/{report_id}/editions", status_code=201, openapi_extra=described(Recount))
    async def recount(report_id: UUID, caller: Writer, given: Annotated[Recount, body_of(Recount)]) -> dict[str, Any]:
        """Count the figures anew, as the next edition; those before stay as they were."""
        return view(await handlers.recompute(report_id, Maker(given.by, None, caller)))

    return routes


def report_view(one: PeriodicReport, spec: Report | None, state: str) -> dict[str, Any]:
    """A report without its figures; instants in UTC, days local."""
    return {
        "report_id": str(one.id),
        "procedure": one.procedure,
        "procedure_version": one.procedure_version,
        "report": one.report,
        "name": {"zh": spec.name.zh, "en": spec.name.en} if spec is not None else None,
        "period": one.period,
        "round": one.round,
        "office": one.office,
        "first_day": one.first_day.isoformat(),
        "last_day": one.last_day.isoformat(),
        "ready_at": one.ready_at.isoformat(),
        "due_at": one.due_at.isoformat(),
        "state": state,
        "by": list(makers(spec, one)) if spec is not None else [],
        "to": list(spec.to) if spec is not None else [],
        "edition": one.edition,
        "made_at": one.made_at.isoformat() if one.made_at else None,
        "made_by": one.made_by,
        "person": one.person,
        "fields": dict(one.fields or {}),
    }


def reading_view(reading: ReportReading, now: datetime) -> dict[str, Any]:
    """A report with its figures, the latest edition and all before it."""
    found = report_view(reading.report, reading.spec, reading.report.state(now))
    found["editions"] = [_edition(one) for one in reading.editions]
    if reading.texts is not None:
        found["texts"] = dict(reading.texts)
    return found


def _edition(one: Edition) -> dict[str, Any]:
    return {
        "edition": one.edition,
        "computed_at": one.computed_at.isoformat(),
        "computed_by": one.computed_by,
        "cases": one.cases,
        "figures": one.figures,
    }


def _case(one: ListedCase) -> dict[str, Any]:
    return {
        "case_id": str(one.id),
        "case_number": one.number,
        "status": one.status,
        "class": one.class_,
        "department": one.department,
        "level": one.level,
        "received_at": one.received_at.isoformat(),
        "edition": one.edition,
        "listed_at": one.listed_at.isoformat() if one.listed_at else None,
    }
