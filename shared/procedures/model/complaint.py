"""What a complaint is: its fields, its number, what counts as the same matter, and whether it is admitted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import Currency, DurationText, Element, Id, Named, Occurrence, Text


class Choice(Named):
    """One value of a `choice` field."""


def _several(value: object) -> object:
    """One number is a list of one."""
    return (value,) if isinstance(value, str) else value


Line = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,200}$")]
"""Something that is published in one line: a telephone number, an address of the web."""


class Contact(BaseModel):
    """How a channel is reached: what an organisation publishes of itself, never of a person.

    `account`: a name on a platform, such as a WeChat service account. `address`: of a counter, or for letters.

    `phone`: a number as people dial it. `url`: a page. `email`: an address. `postcode`: of the address.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone: Annotated[tuple[Line, ...], BeforeValidator(_several, json_schema_input_type=str | tuple[str, ...])] = ()
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s]{1,300}$")] | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^\s@]{1,100}@[^\s@]{1,100}$")] | None = None
    account: Line | None = None
    address: Text | None = None
    postcode: Line | None = None

    @model_validator(mode="after")
    def _something(self) -> Contact:
        if not any(getattr(self, name) for name in type(self).model_fields):
            raise ValueError("names at least one of: phone, url, email, account, address, postcode")
        return self


class Channel(Choice):
    """One way by which complaints come. `form`: whether what comes by it is in writing or by word of mouth.

    `contact` and `hours` (a calendar's id) are published: `huiyin procedure how-to`.

    `contact`: how it is reached. `hours`: when it is open.
    """

    form: Literal["written", "oral"] | None = None
    contact: Contact | None = None
    hours: Id | None = None


class FieldSpec(Element):
    """One field of a complaint or of a milestone's report.

    `holds`: where the value lives: `identity` and `evidence` in intake's vault only, `coded` in events too; free text,
    which can name people, is never coded.
    `required`: of a complaint's field `registration` (no case number without it), `requested` (the case is registered,
    and asked for it), `optional`; of a report's field: true (no report without it) or false.

    `type`: what its values are; `money` is an amount in `currency`, decimal text with at most two places, `person` an
    opaque staff id. `choices`: the values of a `choice`. `at_least`: the least number or amount. `at_most`:
    the greatest number or amount. `max_length`: the most characters of a text. `default`: the value where none is
    given.
    `must_be: true` without a type is a yes or no that is needed: who reports confirms it.
    """

    id: Id
    label: Text
    type: Literal["text", "choice", "boolean", "integer", "money", "person", "date", "instant"] = "text"
    holds: Literal["identity", "evidence", "coded"] = "coded"
    required: Literal["registration", "requested", "optional", True, False] = "optional"
    when: Condition | None = Field(default=None, description="required only where this holds")
    choices: tuple[Choice, ...] = ()
    aliases: tuple[str, ...] = Field(default=(), description="column names under which imports bring it")
    at_least: int | None = None
    at_most: int | None = None
    max_length: int = Field(default=10_000, ge=1, le=10_000)
    default: bool | int | str | None = None
    must_be: bool | int | str | tuple[bool | int | str, ...] | None = Field(
        default=None, description="the value, or one of the values, that is accepted; others are refused"
    )
    currency: Currency | None = Field(default=None, description="of a money field; CNY where none is given")

    @model_validator(mode="before")
    @classmethod
    def _confirmation(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("must_be") is True and "type" not in data:
            return {"type": "boolean", "required": True, **data}
        return data

    @model_validator(mode="after")
    def _form(self) -> FieldSpec:
        if self.type == "text" and self.holds == "coded":
            raise ValueError("free text may name people: it holds identity or evidence, never coded")
        if (self.type == "choice") != bool(self.choices):
            raise ValueError("a choice field has choices, and no other field has")
        if self.type != "money" and self.currency is not None:
            raise ValueError("only a money field has a currency")
        if self.type == "text" and self.must_be is not None:
            raise ValueError("a text has no value that it must be")
        return self

    @property
    def accepted(self) -> tuple[bool | int | str, ...]:
        """The values that are accepted; () where any is."""
        if self.must_be is None:
            return ()
        return self.must_be if isinstance(self.must_be, tuple) else (self.must_be,)


class NumberScheme(Element):
    """How numbers are given: `{year}`, `{month}`, `{day}` of the local date and `{number:06}`; gapless.

    `pattern`: text with `{year}`, `{month}`, `{day}` and `{number}`. `restart`: when numbers begin with 1 again.
    """

    pattern: str
    restart: Literal["never", "year", "month", "day"] = "year"

    @field_validator("pattern")
    @classmethod
    def _renders(cls, pattern: str) -> str:
        try:
            first = pattern.format(year=2025, month=1, day=1, number=1)
            if first == pattern.format(year=2025, month=1, day=1, number=2):
                raise ValueError("the pattern must contain {number}")
        except (KeyError, IndexError) as error:
            raise ValueError("the pattern knows {year}, {month}, {day} and {number} only") from error
        return pattern


class Numbering(BaseModel):
    """How cases are numbered.

    `case`: of the cases.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    case: NumberScheme


class Duplicates(Element):
    """Two complaints with the same values within the time are one matter: the later is linked to the earlier.

    `same`: ids of fields whose values are compared. `within`: how long after the earlier one.
    """

    same: tuple[str, ...] = Field(min_length=1)
    within: DurationText


class Count(Element):
    """How often an occurrence came up in the same matter within a rolling window; a fact `count.<id>` for conditions.

    Without a window everything counts that ever came up.

    `same`: ids of the complaint's fields, or facts that routing knows (`department`, `class`, `<milestone>.<field>`),
    not mixed with fields of the vault. `when` is judged once, at the occurrence. Every case of the matter that is not
    finished has the number as its fact; it is counted again as the window moves on, and each change is `counted:<id>`.

    `of`: what is counted. `window`: how far back. `distinct`: what counts once.
    """

    id: Id
    of: Occurrence = "registered"
    when: Condition | None = None
    same: tuple[str, ...] = Field(min_length=1)
    window: DurationText | None = None
    distinct: Literal["complainant", "case", "occurrence"] = "case"


class AdmissionRule(Element):
    """One reason to admit, refuse or pass on; the first whose condition is true decides.

    `officer`: it decides nothing by itself, and is a reason that an officer gives, where its `when` holds.
    `after_admission`: an officer may give it of a case that has been admitted too, until it is resolved; of a rule of
    an officer only. `decided_by`: who may give it, where that differs from who decides otherwise.

    `decision`: what is decided. `reason`: what the complainant is told.
    """

    id: Id
    decision: Literal["admit", "refuse", "transfer-out"]
    when: Condition | None = None
    officer: bool = False
    after_admission: bool = False
    decided_by: tuple[Id, ...] = ()
    reason: Text
    to: Id | None = Field(default=None, description="department or body that it is passed to")

    @model_validator(mode="after")
    def _form(self) -> AdmissionRule:
        if self.after_admission and not self.officer:
            raise ValueError("only an officer gives a reason after admission: officer: true")
        if self.after_admission and self.decision == "admit":
            raise ValueError("an admitted case is not admitted again")
        return self


class Admissibility(Element):
    """Rules in order; none true: `otherwise`. `hold` waits for an officer's decision.

    `rules`: the first whose condition is true decides. `otherwise`: what happens where none does.
    """

    rules: tuple[AdmissionRule, ...] = ()
    otherwise: Literal["admit", "hold"] = "hold"
    decided_by: tuple[Id, ...] = Field(default=(), description="roles that may decide a held complaint")
