"""Recording answers to follow-ups and satisfaction: state and events in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.notify.domain.answers import Answer, check, take
from services.notify.domain.case import Case
from services.notify.domain.follow_up_events import call_back_due, events_of_answer
from services.notify.domain.follow_ups import element_of, next_round, scheduled
from services.notify.domain.rows import FollowUpRow
from services.notify.handlers.reactions import Reactions
from services.notify.store import cases, follow_ups
from shared.business_time.calendars import Calendar
from shared.errors import Conflict, InvalidInput, NotFound
from shared.events.base import EventData
from shared.events.envelope import Event, make
from shared.events.notices import Dissatisfied, Satisfied
from shared.messaging import outbox
from shared.procedures.loader import Library
from shared.procedures.offices import COMPLAINANT, offices
from shared.security.acting import Principal


class FollowUps:
    """The use cases of follow-ups."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar], reactions: Reactions) -> None:
        self._library = library
        self._calendars = calendars
        self._reactions = reactions

    async def answer(
        self, tx: AsyncConnection, id: UUID, given: Answer, caller: Principal, *, at_given: bool, now: datetime
    ) -> FollowUpRow:
        """Record a call and return the row as it is then. Who asked, if not said, is the department with the case.

        `at_given`: the reporter named the instant; without one, the same answer again is the same answer.
        Raises `NotFound`, `Forbidden` for an office that the caller may not act as, `InvalidInput` or `Conflict`.
        """
        case_id = await follow_ups.case_of(tx, id)
        if case_id is None:
            raise NotFound("there is no such follow-up")
        case = await _case(tx, case_id)
        row = await _row(tx, id)
        procedure = self._library.get(row.procedure, row.version)
        element = element_of(procedure, row.follow_up)
        by = given.by or case.current("department") or procedure.default_department
        caller.require_office(case.procedure, by)
        given = check(replace(given, by=by), element, case, procedure, now)
        taken = take(row, given, element.attempts, at_given=at_given)
        if taken.repeated:
            return row
        await follow_ups.answer(tx, id, taken, given)
        emitted = events_of_answer(row, given, attempts=len(taken.calls), unreached=taken.state == "unreached")
        made = [self._event(case, one, f"{id}|{len(taken.calls)}", now) for one in emitted]
        following = next_round(row, element, satisfied=given.satisfied, at=given.at) if given.reached else None
        if following is not None:
            new = scheduled(following, procedure, self._calendars)
            await follow_ups.add(tx, [new], now)
            if new.state(now) == "open":
                made.append(call_back_due(case, await _row(tx, following.id), now))
        await outbox.append(tx, [*made, *await self._reactions.apply_own(tx, made, now)])
        return await _row(tx, id)

    async def record_satisfaction(
        self,
        tx: AsyncConnection,
        case_id: UUID,
        by: str,
        caller: Principal,
        *,
        satisfied: bool,
        score: int | None,
        now: datetime,
    ) -> tuple[int, datetime]:
        """Record the complainant's own answer, brought by `by`: (cycle, when). The same again is fine.

        Raises `NotFound`, `Forbidden` for an office that the caller may not act as, `InvalidInput` for what is no
        office of the procedure, `Conflict` for another answer.
        """
        case = await _case(tx, case_id)
        caller.require_office(case.procedure, by)
        if by not in offices(self._library.get(case.procedure, case.version)) | {COMPLAINANT}:
            raise InvalidInput("the procedure has no such office", field="by")
        cycle = int(case.current("cycle") or 1)
        known = await follow_ups.satisfaction(tx, case_id, cycle)
        if known is not None:
            if (known.satisfied, known.score) != (satisfied, score):
                raise Conflict("the complainant has answered otherwise", hint="a reopened case can be answered anew")
            return cycle, known.at
        await follow_ups.record_satisfaction(tx, case_id, cycle, satisfied=satisfied, score=score, at=now)
        view = Satisfied(at=now, score=score) if satisfied else Dissatisfied(at=now, score=score)
        made = [self._event(case, view, f"satisfaction|{cycle}", now)]
        await outbox.append(tx, [*made, *await self._reactions.apply_own(tx, made, now)])
        return cycle, now

    def _event(self, case: Case, data: EventData, cause: str, now: datetime) -> Event:
        return make("notify", case.id, (case.procedure, case.version), data, cause=cause, at=now)


async def _row(tx: AsyncConnection, id: UUID) -> FollowUpRow:
    row = await follow_ups.one(tx, id)
    assert row is not None  # noqa: S101  (follow-ups are never deleted)
    return row


async def _case(tx: AsyncConnection, id: UUID) -> Case:
    found = await cases.load(tx, [id])
    if id not in found:
        raise NotFound("there is no such case")
    return found[id]
