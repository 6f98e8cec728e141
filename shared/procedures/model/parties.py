"""Who else takes part in a case, beside the complainant: a respondent, an agent, the representatives of many."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import Named
from shared.procedures.model.complaint import FieldSpec

PARTY = "party."
"""`party.<id>` is the fact how many persons of a party are named."""


class Party(Named):
    """One or more persons in one part: what identifies them is in the vault alone, and no event carries it.

    A complaint names them in the field of the party's id: an object with these `fields`, or a list of them. A party is
    an office too: who acts for it may report and put in documents where a `by` says so.

    `fields`: what is stated of each; they hold identity or evidence. `required`: as of a complaint's field, where
    `when` holds. `at_least`: how many there are then. `at_most`: how many may be named.
    """

    fields: tuple[FieldSpec, ...] = Field(min_length=1)
    required: Literal["registration", "requested", "optional"] = "optional"
    when: Condition | None = None
    at_least: int = Field(default=1, ge=1, le=50)
    at_most: int = Field(default=1, ge=1, le=50)

    @model_validator(mode="after")
    def _form(self) -> Party:
        if self.at_most < self.at_least:
            raise ValueError("at_most is less than at_least")
        for one in self.fields:
            if one.holds == "coded":
                raise ValueError(f"the field {one.id} of a party is of the vault: it holds identity or evidence")
            if not isinstance(one.required, bool) and one.required != "optional":
                raise ValueError(f"the field {one.id} of a party is `required: true` or not at all")
            if one.when is not None or one.default is not None:
                raise ValueError(f"the field {one.id} of a party has neither `when` nor `default`")
        return self

    @property
    def fact(self) -> str:
        """The fact how many of them are named."""
        return f"{PARTY}{self.id}"
