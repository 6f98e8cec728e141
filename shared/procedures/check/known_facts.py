"""The facts that conditions may read, with their kinds and possible values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from shared.procedures.model import FieldSpec, Procedure

Kind = Literal["choice", "boolean", "integer", "moment", "list", "text"]

PERIODS = ("business-hours", "off-hours", "holiday")


@dataclass(frozen=True)
class KnownFact:
    """A fact's kind, and the values that it can have where they are declared.

    `at_registration`: it is known when the complaint is registered, before anybody decides anything.
    """

    kind: Kind
    values: frozenset[str] = frozenset()
    at_registration: bool = False


def known_facts(procedure: Procedure) -> dict[str, KnownFact]:
    """Every fact that a condition of this procedure may read, by name."""
    found = {
        "channel": KnownFact("choice", frozenset(one.id for one in procedure.channels), at_registration=True),
        "received.period": KnownFact("choice", frozenset(PERIODS), at_registration=True),
        "missing": KnownFact("list", frozenset(one.id for one in procedure.fields), at_registration=True),
        "class": KnownFact("choice", frozenset(one.id for one in procedure.classes)),
        "department": KnownFact("choice", frozenset(one.id for one in procedure.departments)),
        "level": KnownFact("choice", frozenset(one.id for one in procedure.levels)),
        "cycle": KnownFact("integer"),
    }
    found |= {f"number.{one.id}": KnownFact("text") for one in procedure.documents if one.number is not None}
    found |= {f"count.{one.id}": KnownFact("integer") for one in procedure.counts}
    found |= {one.id: _of_field(one, at_registration=True) for one in procedure.fields if one.holds == "coded"}
    for milestone in procedure.milestones:
        found |= {
            f"{milestone.id}.{one.id}": _of_field(one, at_registration=False)
            for one in milestone.fields
            if one.holds == "coded"
        }
    return found


def vault_facts(procedure: Procedure) -> frozenset[str]:
    """The names of what lives in the vault, which no condition may read."""
    fields = {one.id for one in procedure.fields if one.holds != "coded"}
    reported = {f"{m.id}.{one.id}" for m in procedure.milestones for one in m.fields if one.holds != "coded"}
    return frozenset(fields | reported)


def _of_field(spec: FieldSpec, *, at_registration: bool) -> KnownFact:
    match spec.type:
        case "choice":
            return KnownFact("choice", frozenset(one.id for one in spec.choices), at_registration)
        case "boolean":
            return KnownFact("boolean", at_registration=at_registration)
        case "date" | "instant":
            return KnownFact("moment", at_registration=at_registration)
        case _:
            return KnownFact("integer", at_registration=at_registration)
