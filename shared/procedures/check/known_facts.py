"""The facts that conditions may read, with their kinds and possible values."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from shared.procedures.ages import RECEIVED_AT
from shared.procedures.check.finding import Finding, did_you_mean, error
from shared.procedures.model import DocumentKind, FieldSpec, FollowUp, Milestone, Procedure

Kind = Literal["choice", "boolean", "integer", "moment", "list", "money", "person", "text"]

Holder = Milestone | DocumentKind | FollowUp
"""What is given with fields of its own."""

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
    askable = {one.id for one in procedure.fields} | {one.id for one in procedure.parties}
    found = {
        "channel": KnownFact("choice", frozenset(one.id for one in procedure.channels), at_registration=True),
        "received.period": KnownFact("choice", frozenset(PERIODS), at_registration=True),
        RECEIVED_AT: KnownFact("moment", at_registration=True),
        "missing": KnownFact("list", frozenset(askable), at_registration=True),
        "class": KnownFact("choice", frozenset(one.id for one in procedure.classes)),
        "department": KnownFact("choice", frozenset(one.id for one in procedure.departments)),
        "level": KnownFact("choice", frozenset(one.id for one in procedure.levels)),
        "cycle": KnownFact("integer"),
        "assisting": KnownFact("list", frozenset(one.id for one in procedure.departments)),
    }
    found |= {f"number.{one.id}": KnownFact("text") for one in procedure.documents if one.number is not None}
    found |= {one.fact: KnownFact("integer", at_registration=True) for one in procedure.parties}
    found |= {f"{word}.{one.id}": KnownFact("integer") for one in procedure.counts for word in ("count", "place")}
    found |= {one.id: _of_field(one, at_registration=True) for one in procedure.fields if one.holds == "coded"}
    for milestone in procedure.milestones:
        found |= {f"{milestone.id}.{name}": fact for name, fact in own_facts(milestone).items()}
    for follow_up in procedure.follow_ups:
        found |= {
            f"{follow_up.id}.{one.id}": _of_field(one, at_registration=False)
            for one in follow_up.fields
            if one.holds == "coded"
        }
        found[f"{follow_up.id}.round"] = KnownFact("integer")
        if follow_up.grades:
            found[f"{follow_up.id}.grade"] = KnownFact("choice", frozenset(one.id for one in follow_up.grades))
    return found


def own_facts(holder: Holder) -> dict[str, KnownFact]:
    """The coded fields of a report, a document or an answer, by their bare ids."""
    return {one.id: _of_field(one, at_registration=False) for one in holder.fields if one.holds == "coded"}


def vault_facts(procedure: Procedure) -> frozenset[str]:
    """The names of what lives in the vault, which no condition may read."""
    fields = {one.id for one in procedure.fields if one.holds != "coded"}
    reported = {f"{m.id}.{one.id}" for m in procedure.milestones for one in m.fields if one.holds != "coded"}
    answered = {f"{f.id}.{one.id}" for f in procedure.follow_ups for one in f.fields if one.holds != "coded"}
    return frozenset(fields | reported | answered)


def _of_field(spec: FieldSpec, *, at_registration: bool) -> KnownFact:
    match spec.type:
        case "choice":
            return KnownFact("choice", frozenset(one.id for one in spec.choices), at_registration)
        case "boolean":
            return KnownFact("boolean", at_registration=at_registration)
        case "date" | "instant":
            return KnownFact("moment", at_registration=at_registration)
        case "money":
            return KnownFact("money", at_registration=at_registration)
        case "person":
            return KnownFact("person", at_registration=at_registration)
        case _:
            return KnownFact("integer", at_registration=at_registration)


def check_table(
    path: str, by: str, values: Collection[str], has_else: bool, known: Mapping[str, KnownFact]
) -> Iterator[Finding]:
    """A table goes by a known fact with declared values, and leaves none of these out; `path` is its key `by`."""
    fact, above = known.get(by), path.removesuffix(".by")
    if fact is None or fact.kind not in ("choice", "boolean"):
        zh, en = did_you_mean(by, [name for name, one in known.items() if one.kind in ("choice", "boolean")])
        yield error(
            path,
            f"不是有固定取值的事实:{by}{zh}",
            f"is not a fact with declared values (a choice, class, level, true or false): {by}{en}",
        )
        return
    declared = fact.values if fact.kind == "choice" else frozenset(("true", "false"))
    for value in values:
        if value not in declared:
            zh, en = did_you_mean(value, declared)
            yield error(f"{above}.{value}", f"{by} 没有这个取值:{value}{zh}", f"{by} never has this value: {value}{en}")
    if missing := [] if has_else else sorted(declared - set(values)):
        yield error(
            above,
            f"缺少取值，或写 else:{'、'.join(missing)}",
            f"leaves values out: name them, or give `else`: {', '.join(missing)}",
        )
