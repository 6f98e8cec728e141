"""Routing over HTTP: departments report milestones and see their work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.routing.domain.assignment import reassign
from services.routing.domain.case import Case
from services.routing.domain.decide import report
from services.routing.domain.milestone_reports import Report
from services.routing.handlers import Worker, events_of
from services.routing.store import cases
from shared.errors import Conflict, InvalidInput, NotFound
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.messaging import outbox

Value = bool | int | str


class MilestoneIn(BaseModel):
    """A milestone that happened at `at` (default: now), reported by a role or department."""

    model_config = ConfigDict(extra="forbid")

    milestone: str = Field(max_length=60)
    by: str = Field(max_length=60)
    at: AwareDatetime | None = None
    fields: dict[str, Value] = Field(default_factory=dict, max_length=50)
    clock: str | None = Field(default=None, max_length=60)


class ReassignmentIn(BaseModel):
    """The case goes to another department; `by` is the role that decided it."""

    model_config = ConfigDict(extra="forbid")

    department: str = Field(max_length=60)
    by: str = Field(max_length=60)


def routes(context: Context, worker: Worker) -> APIRouter:
    """Routing's routes."""
    router = APIRouter(prefix="/v1")

    @router.post("/cases/{case_id}/milestones", status_code=201, dependencies=[needs("reports:write")])
    async def report_milestone(case_id: UUID, given: MilestoneIn) -> dict[str, Any]:
        """Report a milestone; the same report again answers the same and says nothing new."""
        now = context.clock.now()
        made = Report(given.milestone, given.at or now, given.by, given.fields, given.clock)
        async with context.engine.begin() as tx:
            case = await _case(tx, case_id)
            after, said = report(case, made, worker.rules(case.procedure), now)
            if said:
                cause = f"report|{made.milestone}|{made.at.isoformat()}|{made.by}|{case.cycle}"
                await cases.save(tx, [after], now)
                await outbox.append(tx, events_of(after, said, cause, now))
        context.said.set()
        return _shown(after)

    @router.post("/cases/{case_id}/reassignment", dependencies=[needs("reports:write")])
    async def hand_over(case_id: UUID, given: ReassignmentIn) -> dict[str, Any]:
        """Give the case to another department of its procedure."""
        now = context.clock.now()
        async with context.engine.begin() as tx:
            case = await _case(tx, case_id)
            procedure = worker.rules(case.procedure).procedure
            if given.department not in {one.id for one in procedure.departments}:
                raise InvalidInput("this procedure has no such department", field="department")
            if given.by not in {one.id for part in (procedure.roles, procedure.departments) for one in part}:
                raise InvalidInput("this procedure has no such role or department", field="by")
            if case.status != "assigned":
                raise Conflict("only a case in handling can be reassigned", field="case")
            after, said = reassign(case, given.department, f"by:{given.by}")
            if said:
                after = after.with_reached(("reassigned", f"reassigned:{given.department}"), now, given.by)
                await cases.save(tx, [after], now)
                await outbox.append(tx, events_of(after, said, f"reassignment|{now.isoformat()}", now))
        context.said.set()
        return _shown(after)

    @router.get("/cases/{case_id}", dependencies=[needs("cases:read")])
    async def show(case_id: UUID) -> dict[str, Any]:
        """The handling record of a case: no identities here."""
        async with context.engine.begin() as tx:
            case = await _case(tx, case_id)
        return _shown(case)

    @router.get("/cases", dependencies=[needs("cases:read")])
    async def work(
        department: str | None = None,
        status: str | None = None,
        procedure: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[dict[str, Any]]:
        """Cases by department, status and procedure, the oldest first."""
        async with context.engine.connect() as connection:
            rows = await cases.listed(
                connection, department=department, status=status, procedure=procedure, limit=limit
            )
        return [
            {
                "case_id": row.id,
                "procedure": row.procedure,
                "status": row.status,
                "class": row.class_,
                "department": row.department,
                "level": row.level,
                "cycle": row.cycle,
                "received_at": row.received_at,
                "resolved_at": row.resolved_at,
            }
            for row in rows
        ]

    @router.get("/tally", dependencies=[needs("cases:read")])
    async def tally() -> list[dict[str, Any]]:
        """How many cases of each procedure are in each status."""
        async with context.engine.connect() as connection:
            rows = await cases.tally(connection)
        return [{"procedure": row.procedure, "status": row.status, "cases": row.n} for row in rows]

    return router


async def _case(tx: Any, case_id: UUID) -> Case:
    case = (await cases.load(tx, [case_id])).get(case_id)
    if case is None:
        raise NotFound("there is no such case")
    return case


def _shown(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "procedure": case.procedure[0],
        "version": case.procedure[1],
        "status": case.status,
        "cycle": case.cycle,
        "class": case.class_,
        "department": case.department,
        "level": case.level,
        "received_at": case.received_at,
        "resolved_at": case.resolved_at,
        "facts": dict(case.facts),
        "counts": dict(case.counts),
        "milestones": [
            {"name": one.name, "at": one.at, "cycle": one.cycle, "by": one.by}
            for one in sorted(case.reached, key=_when)
        ],
    }


def _when(reached: Any) -> datetime:
    at: datetime = reached.at
    return at
