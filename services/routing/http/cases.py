"""Cases over HTTP: departments report milestones, reassign cases and see their work."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from services.routing import handlers
from services.routing.domain.case import Case
from services.routing.domain.report import Report
from services.routing.http.awards import awards_view
from services.routing.rule_book import RuleBook
from services.routing.store import cases
from shared.hosting.host import Context
from shared.hosting.http import needs
from shared.procedures.fields import Scalar
from shared.security.acting import Principal, own_offices

Reader = Annotated[Principal, needs("cases:read")]
Reporter = Annotated[Principal, needs("reports:write")]


class MilestoneIn(BaseModel):
    """A milestone that happened at `at` (default: now), reported by an office; `persons` are opaque staff ids of it."""

    model_config = ConfigDict(extra="forbid")

    milestone: str = Field(max_length=60)
    by: str = Field(max_length=60)
    at: AwareDatetime | None = None
    fields: dict[str, Scalar] = Field(default_factory=dict, max_length=50)
    clock: str | None = Field(default=None, max_length=60)
    award: str | None = Field(default=None, max_length=60)
    persons: list[str] = Field(default_factory=list, max_length=20)


class ReassignmentIn(BaseModel):
    """The case goes to another department, or one is called in; `by` is the role or department that decided it."""

    model_config = ConfigDict(extra="forbid")

    department: str = Field(max_length=60)
    by: str = Field(max_length=60)


def routes(context: Context, rules: RuleBook) -> APIRouter:
    """Routing's routes."""
    router = APIRouter(prefix="/v1")

    @router.post("/cases/{case_id}/milestones", status_code=201)
    async def report_milestone(case_id: UUID, caller: Reporter, given: MilestoneIn) -> dict[str, Any]:
        """Report a milestone; the same report again answers the same and publishes nothing new."""
        now = context.clock.now()
        report = Report(
            given.milestone, given.at or now, given.by, given.fields, given.clock, given.award, tuple(given.persons)
        )
        async with context.outbox.transaction() as tx:
            case = await handlers.report_milestone(tx, rules, case_id, report, now, caller)
        return _case_view(case)

    @router.post("/cases/{case_id}/reassignment")
    async def hand_over(case_id: UUID, caller: Reporter, given: ReassignmentIn) -> dict[str, Any]:
        """Give the case to another department of its procedure."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            case = await handlers.reassign_case(tx, rules, case_id, given.department, given.by, now, caller)
        return _case_view(case)

    @router.post("/cases/{case_id}/assistants")
    async def call_in(case_id: UUID, caller: Reporter, given: ReassignmentIn) -> dict[str, Any]:
        """Call in another department of the procedure, to assist the one that has the case."""
        now = context.clock.now()
        async with context.outbox.transaction() as tx:
            case = await handlers.call_in_assistant(tx, rules, case_id, given.department, given.by, now, caller)
        return _case_view(case)

    @router.get("/cases/{case_id}/awards")
    async def awards(case_id: UUID, caller: Reader) -> dict[str, Any]:
        """The awards that were suggested of a case, the oldest first, and what was decided on them."""
        async with context.outbox.transaction() as tx:
            case = await handlers.get_case(tx, case_id, caller)
        return {"case_id": case.id, "awards": awards_view(case, rules.get(case.procedure).procedure)}

    @router.get("/cases/{case_id}")
    async def show(case_id: UUID, caller: Reader) -> dict[str, Any]:
        """The handling record of a case: no identities here."""
        async with context.outbox.transaction() as tx:
            return _case_view(await handlers.get_case(tx, case_id, caller))

    @router.get("/cases")
    async def work(
        caller: Reader,
        department: str | None = None,
        status: str | None = None,
        procedure: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> list[dict[str, Any]]:
        """Cases by department, status and procedure, the oldest first."""
        async with context.engine.connect() as connection:
            found = await cases.list_cases(
                connection,
                department=department,
                status=status,
                procedure=procedure,
                limit=limit,
                acting=own_offices(caller.acts_as),
            )
        return [_summary_view(case) for case in found]

    @router.get("/tally", dependencies=[needs("cases:read")])
    async def tally() -> list[dict[str, Any]]:
        """How many cases of each procedure are in each status."""
        async with context.engine.connect() as connection:
            counts = await cases.count_by_status(connection)
        return [{"procedure": count.procedure, "status": count.status, "cases": count.cases} for count in counts]

    return router


def _summary_view(case: cases.CaseSummary) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "procedure": case.procedure,
        "status": case.status,
        "class": case.class_,
        "department": case.department,
        "level": case.level,
        "cycle": case.cycle,
        "received_at": case.received_at,
        "resolved_at": case.resolved_at,
    }


def _case_view(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "procedure": case.procedure[0],
        "version": case.procedure[1],
        "status": case.status,
        "cycle": case.cycle,
        "class": case.class_,
        "department": case.department,
        "assisting": list(case.assisting),
        "recused": list(case.recused),
        "level": case.level,
        "received_at": case.received_at,
        "resolved_at": case.resolved_at,
        "facts": dict(case.facts),
        "counts": dict(case.counts),
        "milestones": [
            {
                "name": occurrence.name,
                "at": occurrence.at,
                "cycle": occurrence.cycle,
                "by": occurrence.by,
                "persons": list(occurrence.persons),
            }
            for occurrence in sorted(case.occurrences, key=lambda occurrence: occurrence.at)
        ],
    }
