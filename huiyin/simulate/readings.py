"""What an office may read of a case, as the events show it; the services decide by the same rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from huiyin.simulate.expectations import Reading
from huiyin.simulate.observe import Observation
from shared.procedures.disclosures import disclosed_to
from shared.procedures.model import Procedure
from shared.security.acting import is_hidden


def readable(procedure: Procedure, office: str, seen: Observation, facts: Mapping[str, Any]) -> Reading:
    """`hidden` from an office that the case is about, `everything`, or the fields and documents that are disclosed to
    it, in alphabetical order. `facts`: what conditions read."""
    if is_hidden([f"{procedure.id}/{office}"], procedure.id, seen.recused):
        return "hidden"
    found = disclosed_to(procedure, [office], seen.happened.keys(), facts)
    return "everything" if found is None else tuple(sorted(found.fields | found.documents))
