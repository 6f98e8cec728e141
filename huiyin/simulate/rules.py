"""What a simulated world is decided by: one version of a procedure, its calendars and its compiled form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from services.intake.domain.forms import Form, make_form
from services.routing.domain.decide import Rules as RoutingRules
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure


@dataclass(frozen=True, eq=False)
class WorldRules:
    """A procedure and all calendars by id. Raises `ProcedureError` when its form is asked for and a calendar lacks."""

    procedure: Procedure
    calendars: Mapping[str, Calendar]

    @cached_property
    def form(self) -> Form:
        """The form that complaints are read by."""
        return make_form(self.procedure, self.calendars)

    @cached_property
    def routing(self) -> RoutingRules:
        """What routing decides by."""
        return RoutingRules(self.procedure, self.calendars[self.procedure.calendar])

    def procedure_of(self, id: str, version: int) -> Procedure:
        """The one procedure that there is."""
        return self.procedure
