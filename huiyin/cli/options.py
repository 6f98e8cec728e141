"""What several commands ask for in the same way: a language, services by name, and pairs written as name=value."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer

from shared.errors import InvalidInput


class Lang(StrEnum):
    """Language of what is printed."""

    zh = "zh"
    en = "en"


LangOption = Annotated[Lang, typer.Option(help="language of what is printed")]


def names(texts: Sequence[str] | None, option: str, known: Sequence[str]) -> tuple[str, ...]:
    """The names in texts such as `a`, `b,c`, each once, in the order of `known`.

    Raises `InvalidInput` naming the option for one that is not known.
    """
    given = [name.strip() for text in texts or () for name in text.split(",")]
    for name in given:
        if name not in known:
            raise InvalidInput(f"no such service: {name!r}", field=option, hint=f"there are: {', '.join(known)}")
    return tuple(name for name in known if name in given)


def pairs(texts: Sequence[str] | None, option: str, form: str = "name=value") -> list[tuple[str, str]]:
    """The two sides of each text, without blanks around them; the right one may be empty.

    Raises `InvalidInput` naming the option for a text without `=` or without a name.
    """
    found = []
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise InvalidInput(f"write it as {form}", field=option)
        found.append((name.strip(), value.strip()))
    return found
