"""What surrounds the handling: confidentiality, and rules that people follow."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import Element, FactIds, Id, Occurrence, Text


class Disclosure(Element):
    """What an office or a party may read of a complaint; it then reads nothing else.

    `original`: these `fields` and parties of the complaint, and `documents` of the case. `abstract`: no field, but
    documents that were written to be shown (without any named, `abstract`).

    `to`: an office or a party. `as`: which of the two it reads. `fields`: fields and parties of the complaint.
    `documents`: of the case, by their names. `after`: not before this occurrence.
    """

    to: Id
    as_: Literal["abstract", "original"] = Field(alias="as")
    after: Occurrence | None = None
    when: Condition | None = None
    fields: tuple[str, ...] = ()
    documents: tuple[Id, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _the_abstract(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("as") == "abstract" and not data.get("documents"):
            return {**data, "documents": ["abstract"]}
        return data

    @model_validator(mode="after")
    def _form(self) -> Disclosure:
        if self.as_ == "abstract" and self.fields:
            raise ValueError("an abstract shows no fields: put what may be read into the document")
        if not self.fields and not self.documents:
            raise ValueError("discloses fields or documents")
        return self


class Confidentiality(Element):
    """A rule on who may see what.

    `disclose`: what is disclosed, to whom and when. `disclosure_by`: only these approve a disclosure, which is its
    `after`. `abstract_only`: nothing is disclosed as an original.
    """

    id: Id
    name: Text
    disclose: tuple[Disclosure, ...] = ()
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
