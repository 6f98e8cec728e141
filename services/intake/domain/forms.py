"""A procedure's form, compiled once: which fields there are, which are needed, and where each value may live."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from services.intake.domain.field_errors import FieldError, shown
from services.intake.domain.parties import read_party
from shared.business_time.calendars import Calendar
from shared.business_time.due import period
from shared.business_time.zones import zone
from shared.errors import ProcedureError
from shared.procedures.conditions import Predicate, compile_condition
from shared.procedures.fields import Scalar, Unreadable, index_choices, read_value, sealed_form
from shared.procedures.model import AdmissionRule, FieldSpec, Party, Procedure, Text

PERIOD = "received.period"
"""The coded attribute for when the complaint came: business-hours, off-hours or holiday."""


@dataclass(frozen=True, slots=True)
class Values:
    """Submitted values that fit the form: `vault` are texts to be sealed, `coded` may stand in events."""

    vault: Mapping[str, str]
    coded: Mapping[str, Scalar]
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class _Field:
    spec: FieldSpec
    choices: Mapping[str, str]
    applies: Predicate | None


@dataclass(frozen=True, eq=False)
class Form:
    """The form of one procedure version, on its calendar."""

    procedure: Procedure
    calendar: Calendar
    channels: Mapping[str, str] = field(init=False)
    rules: tuple[tuple[AdmissionRule, Predicate | None], ...] = field(init=False)
    _fields: Mapping[str, _Field] = field(init=False)
    _parties: Mapping[str, tuple[Party, Predicate | None]] = field(init=False)

    def __post_init__(self) -> None:
        procedure = self.procedure
        set_ = object.__setattr__  # a frozen dataclass is filled this way
        set_(self, "channels", index_choices(procedure.channels))
        judging = [rule for rule in procedure.admissibility.rules if not rule.officer]
        set_(self, "rules", tuple((rule, _compiled(rule.when)) for rule in judging))
        set_(self, "_fields", {spec.id: _compile(spec) for spec in procedure.fields})
        set_(self, "_parties", {one.id: (one, _compiled(one.when)) for one in procedure.parties})

    @cached_property
    def specs(self) -> dict[str, FieldSpec]:
        """The fields' specifications by id."""
        return {name: one.spec for name, one in self._fields.items()}

    @cached_property
    def labels(self) -> dict[str, Text]:
        """What fields and parties are called, by id, in the form's order."""
        return {name: spec.label for name, spec in self.specs.items()} | {
            one.id: one.name for one in self.procedure.parties
        }

    def local_date(self, at: datetime) -> date:
        """The date of an instant in the procedure's time zone."""
        return at.astimezone(zone(self.procedure.time_zone)).date()

    def local_time(self, at: datetime) -> str:
        """An instant as local time with its offset, to the second."""
        return at.astimezone(zone(self.procedure.time_zone)).isoformat(timespec="seconds")

    def period(self, received_at: datetime) -> str:
        """Whether it came in business hours, off hours or on a holiday of the procedure's calendar."""
        return period(received_at, self.calendar)

    def read(self, fields: Mapping[str, Any]) -> Values:
        """Read submitted fields, parties among them; every mistake is listed."""
        vault: dict[str, str] = {}
        coded: dict[str, Scalar] = {}
        errors = []
        for name, given in fields.items():
            if name in self._parties:
                party = self._parties[name][0]
                read = read_party(party, given)
                if isinstance(read, list):
                    errors += read
                else:
                    vault |= read[0]
                    coded[party.fact] = read[1]
                continue
            known = self._fields.get(name)
            if known is None:
                errors.append(FieldError(shown("fields", name), "the procedure has no such field"))
                continue
            try:
                value = read_value(known.spec, given, known.choices)
            except Unreadable as error:
                errors.append(FieldError(f"fields.{name}", str(error)))
                continue
            if value is None:
                continue
            if known.spec.holds == "coded":
                coded[name] = value
            else:
                vault[name] = sealed_form(value)
        return Values(vault, coded, tuple(errors))

    def defaults(self, given: Collection[str]) -> dict[str, Scalar]:
        """The defaults of coded fields that were not given; of parties, that nobody is named."""
        nobody = {one.fact: 0 for one in self.procedure.parties if one.fact not in given}
        return nobody | {
            name: one.spec.default
            for name, one in self._fields.items()
            if one.spec.default is not None and one.spec.holds == "coded" and name not in given
        }

    def lacking(self, given: Collection[str], facts: Mapping[str, Any]) -> list[FieldError]:
        """The fields without which there is no registration."""
        return [
            FieldError(f"fields.{name}", "this field is needed for registration")
            for name in self._needed("registration", given, facts)
        ]

    def missing(self, given: Collection[str], facts: Mapping[str, Any]) -> tuple[str, ...]:
        """The fields that the complainant is asked for, in the procedure's order."""
        wanted = {*self._needed("requested", given, facts), *self._needed("registration", given, facts)}
        return tuple(name for name in (*self._fields, *self._parties) if name in wanted)

    def _needed(self, when: str, given: Collection[str], facts: Mapping[str, Any]) -> list[str]:
        parties = [
            name
            for name, (party, applies) in self._parties.items()
            if party.required == when
            and facts.get(party.fact, 0) < party.at_least
            and (applies is None or applies(facts) is True)
        ]
        return parties + [
            name
            for name, one in self._fields.items()
            if one.spec.required == when
            and name not in given
            and (one.applies is None or one.applies(facts) is True)  # undecidable: nothing is required then
        ]


def make_form(procedure: Procedure, calendars: Mapping[str, Calendar]) -> Form:
    """The procedure's form; raises `ProcedureError` if there is no such calendar, for itself or a channel's hours."""
    named = {"calendar": procedure.calendar}
    named |= {f"channels[{one.id}].hours": one.hours for one in procedure.channels if one.hours is not None}
    for place, name in named.items():
        if name not in calendars:
            raise ProcedureError(
                f"{procedure.id} version {procedure.version} names a calendar that does not exist: {name}",
                field=place,
                hint="huiyin calendar list shows those that there are",
            )
    return Form(procedure, calendars[procedure.calendar])


def _compile(spec: FieldSpec) -> _Field:
    return _Field(spec, index_choices(spec.choices), _compiled(spec.when))


def _compiled(condition: Any) -> Predicate | None:
    return None if condition is None else compile_condition(condition)
