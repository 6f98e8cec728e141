"""What an officer may ask of a complainant, and what follows when it does not come in time."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from shared.procedures.model.base import DurationText, Id, Named


class Supplement(Named):
    """An officer asks for fields and documents; they are given `within` a time, or the complaint is refused.

    `then: refuse` states `rule`, a reason of the admission rules. The time is a clock, `supplement-<id>`.

    `by`: who may ask; without it who has the case, or decides on admission. `fields`: the complaint's fields that are
    asked for. `documents`: papers that are asked for. `within`: how long there is for it. `then`: what follows when
    that time is over.
    """

    by: tuple[Id, ...] = ()
    fields: tuple[str, ...] = ()
    documents: tuple[Id, ...] = ()
    within: DurationText | None = None
    then: Literal["refuse"] | None = None
    rule: Id | None = Field(default=None, description="the reason of the refusal: an admission rule that refuses")

    @model_validator(mode="after")
    def _form(self) -> Supplement:
        if not self.fields and not self.documents:
            raise ValueError("asks for fields or documents")
        if self.then is not None and (self.within is None or self.rule is None):
            raise ValueError("`then: refuse` needs `within` and the `rule` that is the reason")
        return self


def clock_id(supplement: str) -> str:
    """The id of the clock that a supplement's time is."""
    return f"supplement-{supplement}"


def with_clocks(data: dict[str, Any]) -> dict[str, Any]:
    """A procedure's content with the clocks that its supplements are; those that it has already stay."""
    clocks = list(data.get("clocks") or ())
    known = {one.get("id") for one in clocks if isinstance(one, dict)}
    made = [
        clock_content(one)
        for one in data.get("supplements") or ()
        if isinstance(one, dict) and isinstance(one.get("within"), str) and clock_id(str(one.get("id"))) not in known
    ]
    return {**data, "clocks": [*clocks, *made]} if made else data


def clock_content(supplement: dict[str, Any]) -> dict[str, Any]:
    """The content of the clock that a supplement's content with `within` makes."""
    made = {
        "id": clock_id(supplement["id"]),
        "name": supplement.get("name"),
        "from": [f"supplement-requested:{supplement['id']}"],
        "until": [f"supplemented:{supplement['id']}"],
        "duration": supplement["within"],
        "starts_again": True,
        "source": supplement.get("source", []),
    }
    if supplement.get("then"):
        made["no_consequence"] = {"zh": "逾期由登记环节拒绝受理", "en": "intake refuses the complaint then"}
    return made
