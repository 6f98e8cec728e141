"""The dossier of a case: at which occurrence it is closed off, and which documents it must hold then. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.procedures.conditions import holds
from shared.procedures.milestones import DECIDED_AT_INTAKE, REPORTED
from shared.procedures.model import Procedure


def can_be_refused(procedure: Procedure) -> frozenset[str]:
    """The occurrences that somebody reports or decides, and that can therefore be refused."""
    return frozenset((*REPORTED, *DECIDED_AT_INTAKE, *(one.id for one in procedure.milestones)))


def required_documents(procedure: Procedure, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """The documents that the dossier of a case with these facts holds, in its order; () where there is no dossier.

    A document is not needed where its own `when` does not hold, or is not decided.
    """
    dossier = procedure.dossier
    if dossier is None or holds(dossier.when, facts) is not True:
        return ()
    conditions = {one.id: one.when for one in procedure.documents}
    return tuple(name for name in dossier.contains if holds(conditions.get(name), facts) is True)


def missing_at(
    procedure: Procedure, occurrence: str, facts: Mapping[str, Any], documents: frozenset[str]
) -> tuple[str, ...]:
    """What the dossier lacks at this occurrence; () unless it is the one that closes the dossier off."""
    if procedure.dossier is None or procedure.dossier.at != occurrence:
        return ()
    return tuple(name for name in required_documents(procedure, facts) if name not in documents)
