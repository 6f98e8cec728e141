"""How to complain, over HTTP, for everybody: no API key; nothing but what the procedure says is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import PlainTextResponse

from services.intake.form_book import FormBook
from shared.business_time.calendars import Calendar
from shared.business_time.clock import Clock
from shared.errors import NotFound
from shared.procedures.describe import Language
from shared.procedures.how_to import how_to_complain


def how_to_routes(forms: FormBook, calendars: Mapping[str, Calendar], clock: Clock) -> APIRouter:
    """The page that an organisation publishes."""
    routes = APIRouter()

    @routes.get("/v1/how-to", response_class=PlainTextResponse)
    async def how_to(
        procedure: Annotated[str, Query(pattern=r"^[a-z0-9-]{1,60}$")], lang: Language = "zh"
    ) -> PlainTextResponse:
        """How to complain by the version in force now: channels and hours, what to state, refusals, deadlines."""
        form = forms.current(procedure, clock.now())
        if form is None:
            raise NotFound("there is no such procedure in force", field="procedure")
        return PlainTextResponse(how_to_complain(form.procedure, calendars, lang))

    return routes
