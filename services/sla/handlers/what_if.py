"""What a change of rules would do to open clocks, asked before it is made. Nothing is written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.sla.domain.arming import absorbed
from services.sla.domain.rule_versions import label
from services.sla.domain.rules import rules_for
from services.sla.domain.shards import shard_of
from services.sla.domain.what_if import Rules, Tally, compare
from services.sla.store import cases as store
from services.sla.store import rule_changes, timers
from services.sla.store.rule_changes import FIRST
from shared.business_time.calendars import Calendar
from shared.business_time.loader import read_document
from shared.errors import CalendarError, InvalidInput, ProcedureError
from shared.hosting.host import Context
from shared.hosting.reloading import calendars_of, require_calendars
from shared.procedures.check import check_procedure
from shared.procedures.loader import in_file, written
from shared.procedures.model import Procedure
from shared.procedures.validation_messages import plain_message

_PAGE = 100
_AT_A_TIME = 10
_CHECK = "huiyin procedure check FILE"


class Question(BaseModel):
    """One change: a procedure's document, an installed version of one (`to`), or a calendar's document.

    `procedure` names whose open cases are asked about; `from` those pinned to one version only; `mode` says whether
    their clocks keep the time that has elapsed or begin anew. A calendar may extend
    one that is in force, and is asked about for all cases that count on it (of `procedure`, if given).
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    procedure: str | None = Field(default=None, max_length=60)
    from_: int | None = Field(default=None, alias="from", ge=1)
    to: int | None = Field(default=None, ge=1)
    mode: Literal["keep-elapsed", "restart"] = "keep-elapsed"
    document: dict[str, Any] | None = None
    calendar: dict[str, Any] | None = None


Change = Procedure | Calendar


def read_change(question: Question, context: Context) -> Change:
    """The change that is asked about; raises `InvalidInput`, `ProcedureError`, `CalendarError` or `NotFound`."""
    given = [name for name in ("document", "to", "calendar") if getattr(question, name) is not None]
    if len(given) != 1:
        raise InvalidInput("one of document, to and calendar is asked about", field="document")
    if question.procedure is not None:
        context.library.get(question.procedure)
    if question.calendar is not None:
        return _calendar(question.calendar, context.calendars)
    if question.procedure is None:
        raise InvalidInput("the procedure whose cases are asked about", field="procedure")
    if question.to is not None:
        return context.library.get(question.procedure, question.to)
    procedure = _procedure(question.document)
    if procedure.id != question.procedure:
        raise InvalidInput("the document is of another procedure", field="document.id")
    require_calendars([procedure], context.calendars)
    return procedure


def _calendar(document: Mapping[str, Any], calendars: Mapping[str, Calendar]) -> Calendar:
    try:
        return read_document(document, calendars)
    except CalendarError as error:
        raise CalendarError(error.message, field=f"calendar.{error.field}", hint=error.hint) from None


def _procedure(document: Any) -> Procedure:
    try:
        procedure = Procedure.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = written(document, in_file(first["loc"]))
        raise ProcedureError(plain_message(first), field=f"document.{where}", hint=_CHECK) from None
    for one in check_procedure(procedure):
        if one.severity == "error":
            raise ProcedureError(one.en, field=f"document.{one.path}", hint=_CHECK)
    return procedure


async def answer(context: Context, question: Question, change: Change) -> AsyncIterator[str]:
    """Lines of JSON: `{"looked"}` while it goes on, then one `{"result"}`."""
    library, calendars, tally = context.library, context.calendars, Tally()
    with_it = calendars if isinstance(change, Procedure) else {**calendars, change.id: change}
    concerned = {
        one.id
        for one in library.all()
        if question.procedure in (None, one.id) and (isinstance(change, Procedure) or change.id in calendars_of(one))
    }
    after, looked = FIRST, 0
    while True:
        async with context.engine.connect() as connection:
            ids = await rule_changes.open_cases(connection, concerned, after, limit=_PAGE, version=question.from_)
            if not ids:
                break
            cursors = await timers.cursors(connection, {shard_of(id) for id in ids})
            cases = await store.load(connection, ids)
        now = context.clock.now()
        for number, loaded in enumerate(cases.values()):
            case = absorbed(loaded, cursors[shard_of(loaded.id)])
            pinned = rules_for(case.id, library.get(*case.procedure))
            new = rules_for(case.id, change) if isinstance(change, Procedure) else pinned
            tally.add(
                compare(case, Rules(pinned, calendars), Rules(new, with_it), now, restart=question.mode == "restart")
            )
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
        after, looked = ids[-1], looked + len(ids)
        yield json.dumps({"looked": looked}) + "\n"
    named = f"{change.id}@{change.version}" if isinstance(change, Procedure) else label(change)
    yield json.dumps({"result": {"change": named, "cases": looked, **tally.result()}}, ensure_ascii=False) + "\n"
