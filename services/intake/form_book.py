"""The forms of the installed procedures, which registration, use cases and routes read complaints by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from services.intake.domain.forms import Form, make_form
from shared.business_time.calendars import Calendar
from shared.business_time.zones import zone
from shared.errors import NotFound
from shared.procedures.loader import Library


class FormBook:
    """The forms of all procedures, each compiled once for each calendar that it is given."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar]) -> None:
        """Raises `ProcedureError` for a procedure whose calendar does not exist."""
        self._library = library
        self._calendars = calendars
        self._forms = {procedure.key: make_form(procedure, calendars) for procedure in library.all()}

    def pinned(self, pin: tuple[str, int]) -> Form:
        """The form that a case is pinned to; raises `NotFound` if its procedure was taken away."""
        known = self._forms.get(pin)
        try:
            procedure = known.procedure if known else self._library.get(*pin)
        except NotFound:
            raise NotFound("this case's procedure is no longer in the library", field="procedure") from None
        if known is None or known.calendar is not self._calendars.get(procedure.calendar):
            known = self._forms[pin] = make_form(procedure, self._calendars)
        return known

    def current(self, procedure: str, now: datetime) -> Form | None:
        """The form of the version in force now, by the procedure's own date; None if there is none."""
        try:
            local = now.astimezone(zone(self._library.get(procedure).time_zone))
            return self.pinned(self._library.get(procedure, on=local.date()).key)
        except NotFound:
            return None
