"""The clock that the time of a supplement is."""

from __future__ import annotations

from shared.procedures.model import Clock, Supplement
from shared.procedures.model.supplements import clock_content


def clock_of(supplement: Supplement) -> Clock | None:
    """The clock; None for a supplement without a time."""
    if supplement.within is None:
        return None
    return Clock.model_validate(clock_content(supplement.model_dump(by_alias=True)))
