"""Who may read which part of a complaint, and from when on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from shared.procedures.conditions import holds
from shared.procedures.model import Procedure


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The fields and parties of a complaint, and the documents of its case, that may be read."""

    fields: frozenset[str]
    documents: frozenset[str]


def bound_offices(procedure: Procedure) -> frozenset[str]:
    """The offices that read only what is disclosed to them: those that a rule names, and every party."""
    named = {rule.to for part in procedure.confidentiality for rule in part.disclose}
    return frozenset(named | {one.id for one in procedure.parties})


def disclosed_to(
    procedure: Procedure, offices: Collection[str] | None, happened: Collection[str], facts: Mapping[str, Any]
) -> Disclosed | None:
    """What somebody may read who acts as these offices (None: as every one), after what has `happened`, ever.

    `facts`: the case's as they are now.

    None: nothing is withheld. Whoever acts as an office that is not bound is not bound either. A party always reads
    what is said of itself.
    """
    if not offices or set(offices) - bound_offices(procedure):
        return None
    rules = [
        rule
        for part in procedure.confidentiality
        for rule in part.disclose
        if rule.to in offices and (rule.after is None or rule.after in happened) and holds(rule.when, facts) is True
    ]
    own = {one.id for one in procedure.parties if one.id in offices}
    return Disclosed(
        frozenset(own | {name for rule in rules for name in rule.fields}),
        frozenset(name for rule in rules for name in rule.documents),
    )
