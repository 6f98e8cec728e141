"""Finds the rules that a case is decided by."""

from __future__ import annotations

from collections.abc import Mapping

from services.routing.domain.decide import Rules
from shared.business_time.calendars import Calendar
from shared.errors import NotFound
from shared.procedures.loader import Library


class RuleBook:
    """The procedures of the library, each with its calendar as it is now (calendars are reloaded while running)."""

    def __init__(self, library: Library, calendars: Mapping[str, Calendar]) -> None:
        self._library = library
        self._calendars = calendars
        self._rules: dict[tuple[str, int], Rules] = {}

    def get(self, procedure: tuple[str, int]) -> Rules:
        """The rules of a procedure's version. Raises `NotFound` if there is no such version or calendar."""
        known = self._rules.get(procedure)
        found = known.procedure if known else self._library.get(*procedure)
        calendar = self._calendars.get(found.calendar)
        if calendar is None:
            raise NotFound("the procedure's calendar is not known", field="calendar")
        if known is None or known.calendar is not calendar:
            known = self._rules[procedure] = Rules(found, calendar)
        return known
