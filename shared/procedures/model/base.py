"""What every element of a procedure has: an id, names in both languages, the facts that it implements, durations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

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


def _as_it_is(value: object) -> object:
    return value


FactId = Annotated[str, BeforeValidator(_as_it_is, json_schema_input_type=str | int)]
"""A fact of the catalogue. In a file a number alone means the procedure's own: `7` is `canteen.07`."""


def with_own_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """A procedure's content with each fact of its own that is named by number alone, by its whole name."""
    own = str(data.get("id"))
    return {key: _facts_named(key, value, own) for key, value in data.items()}


def _facts_named(key: str, value: Any, own: str) -> Any:
    if isinstance(value, dict):
        return {below: _facts_named(below, inner, own) for below, inner in value.items()}
    if isinstance(value, list):
        return [_facts_named(key, inner, own) for inner in value]
    if key in ("source", "fact") and isinstance(value, int) and not isinstance(value, bool):
        return f"{own}.{value:02}"
    return value


class Element(BaseModel):
    """Base of every element: unknown keys are refused, `source` names the facts it implements."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: tuple[FactId, ...] = ()


class Text(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zh: str
    en: str


class Named(Element):
    """An element with an id and a name that people read."""

    id: Id
    name: Text
