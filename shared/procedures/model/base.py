"""What every element of a procedure has: an id, names in both languages, the facts that it implements, durations."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from shared.business_time.durations import Duration
from shared.errors import HuiyinError

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Occurrence = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(:[a-z0-9-]+(\.[a-z0-9-]+)?)?$", max_length=180)]

FactName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)?$", max_length=130)]
"""A fact by its name: a field's id, or `<milestone>.<field>`."""
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
"""ISO 4217."""
DEFAULT_CURRENCY = "CNY"


def _parses(text: str) -> str:
    try:
        Duration.parse(text)
    except HuiyinError as error:
        raise ValueError(error.message) from error
    return text


DurationText = Annotated[str, StringConstraints(pattern=r"^(IMMEDIATE|P[0-9TWDMYHS]+)$"), AfterValidator(_parses)]


def as_composed(value: object) -> object:
    """Composition has put the long form in place of a short one already; only the schema knows both."""
    return value


FactId = Annotated[str, BeforeValidator(as_composed, json_schema_input_type=str | int)]
"""A fact of the catalogue, `hotline.07`; in a file also its number alone, for one of the file's own procedure."""
FactIds = Annotated[str, BeforeValidator(as_composed, json_schema_input_type=str | int | tuple[str | int, ...])]
"""The same; in a file also a list, for one reason that several facts share."""


class Element(BaseModel):
    """Base of every element: unknown keys are refused, `source` names the facts it implements."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)

    source: tuple[FactId, ...] = ()


class Text(BaseModel):
    """A text in both languages.

    `zh`: in Chinese. `en`: in English.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    zh: str
    en: str


class Named(Element):
    """An element with an id and a name that people read."""

    id: Id
    name: Text
