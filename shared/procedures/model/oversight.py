"""What surrounds the handling: confidentiality, and rules that people follow."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.procedures.conditions import Condition
from shared.procedures.model.base import Element, FactIds, Id, Text


class Confidentiality(Element):
    """A rule on who may see what; `disclosure_by` are the roles whose approval releases vault fields.

    `disclosure_by`: roles whose approval releases fields of the vault. `abstract_only`: only an abstract goes to the
    accused.
    """

    id: Id
    name: Text
    disclosure_by: tuple[Id, ...] = ()
    abstract_only: bool = False
    recused: tuple[str, ...] = Field(default=(), description="fields that name the accused or their unit")


class Rule(Element):
    """A rule that people follow and the system states (a remedy, a penalty, a paper to archive).

    `kind`: what sort of rule.
    """

    id: Id
    kind: Literal["remedy", "penalty", "archive", "role", "supervision", "lifecycle"]
    name: Text
    when: Condition | None = None


class NotEnforced(BaseModel):
    """A fact of the document that this file does not enforce, and why: no software can, or the text is too vague.

    `fact`: the fact's id in the catalogue. `why`: the reason.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    fact: FactIds
    why: str = Field(min_length=10)
