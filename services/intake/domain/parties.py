"""The parties of a complaint: read as they were submitted, kept field by field in the vault, and put together again.

The vault knows a field of a party by a name of three parts, `respondent.1.phone`: the party, which of its persons
(from 1), and the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.intake.domain.field_errors import FieldError, shown
from shared.procedures.fields import Scalar, Unreadable, index_choices, opened_form, read_value, sealed_form
from shared.procedures.model import Party, Procedure

Person = dict[str, Scalar]


def cell(party: str, number: int, field: str) -> str:
    """Under which name the vault keeps a field of the party's `number`-th person."""
    return f"{party}.{number}.{field}"


def read_party(party: Party, given: Any) -> tuple[dict[str, str], int] | list[FieldError]:
    """What was submitted of a party, as cells of the vault, and how many persons; or everything that is wrong."""
    place = f"fields.{party.id}"
    persons = given if isinstance(given, list) else [given]
    if len(persons) > party.at_most:
        return [FieldError(place, f"at most {party.at_most}")]
    cells: dict[str, str] = {}
    errors: list[FieldError] = []
    for number, person in enumerate(persons, 1):
        here = f"{place}[{number - 1}]" if isinstance(given, list) else place
        if not isinstance(person, dict) or not person:
            errors.append(FieldError(here, f"an object is expected, with: {', '.join(one.id for one in party.fields)}"))
            continue
        values = _read_person(party, person, here, errors)
        cells |= {cell(party.id, number, name): value for name, value in values.items()}
    return errors or (cells, len(persons))


def _read_person(party: Party, person: Mapping[Any, Any], here: str, errors: list[FieldError]) -> dict[str, str]:
    specs = {one.id: one for one in party.fields}
    found: dict[str, str] = {}
    for name, value in person.items():
        spec = specs.get(name)
        if spec is None:
            errors.append(FieldError(shown(here, name), "this party has no such field"))
            continue
        try:
            read = read_value(spec, value, index_choices(spec.choices))
        except Unreadable as error:
            errors.append(FieldError(f"{here}.{name}", str(error)))
            continue
        if read is not None:
            found[name] = sealed_form(read)
    named = {error.field for error in errors}
    for name, spec in specs.items():
        if spec.required is True and name not in found and f"{here}.{name}" not in named:
            errors.append(FieldError(f"{here}.{name}", "this field is needed"))
    return found


def opened_parties(procedure: Procedure, values: Mapping[str, str]) -> dict[str, list[Person]]:
    """The parties that the vault's fields tell of, each with its persons in order; other fields are left out."""
    found: dict[str, list[Person]] = {}
    for party in procedure.parties:
        specs = {one.id: one for one in party.fields}
        persons: dict[int, Person] = {}
        for name, value in values.items():
            parts = name.split(".")
            if len(parts) == 3 and parts[0] == party.id:
                persons.setdefault(int(parts[1]), {})[parts[2]] = opened_form(specs.get(parts[2]), value)
        if persons:
            found[party.id] = [persons[number] for number in sorted(persons)]
    return found


def without_parties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the complaint itself."""
    return {name: value for name, value in values.items() if "." not in name}


def given_names(procedure: Procedure, names: Iterable[str]) -> set[str]:
    """Of names in the vault and coded fields, the fields and parties of the form that were given with them."""
    facts = {one.fact: one.id for one in procedure.parties}
    return {facts.get(name) or name.partition(".")[0] for name in names}
