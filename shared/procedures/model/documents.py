"""The papers of a case: what each must contain, its number, who signs it, its copies and files, and the dossier."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.procedures.conditions import Condition
from shared.procedures.model.base import DurationText, Element, Id, Named, Occurrence
from shared.procedures.model.complaint import FieldSpec, NumberScheme

FileType = Literal[
    "pdf", "jpeg", "png", "webp", "tiff", "heic", "mp3", "m4a", "amr", "wav", "mp4", "docx", "xlsx", "text"
]
"""The kinds of files that are recognised by their content."""

LARGEST_FILE = 100 * 1024 * 1024
_SIZE = re.compile(r"([1-9]\d{0,5})(KB|MB)", re.ASCII)
_BYTES = {"KB": 1024, "MB": 1024 * 1024}


def bytes_of(size: str) -> int:
    """`20MB` in bytes (1 MB is 1024 KB of 1024 bytes). Raises `ValueError` for anything else, and above 100 MB."""
    match = _SIZE.fullmatch(size)
    if match is None:
        raise ValueError("a size is written as 500KB or 20MB")
    found = int(match[1]) * _BYTES[match[2]]
    if found > LARGEST_FILE:
        raise ValueError("a file has at most 100MB")
    return found


def _is_size(size: str) -> str:
    bytes_of(size)
    return size


class DocumentNumber(BaseModel):
    """The number of a document: a pattern of its own, or the same number as another's.

    `series`: documents that name the same one are counted in one sequence; without it a document has its own.
    `same_as`: a document's id, or `case` for the case number; the number is given once that one is there.

    `pattern`: text with `{year}`, `{month}`, `{day}` and `{number}`. `restart`: when numbers begin with 1 again.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    pattern: str | None = None
    restart: Literal["never", "year", "month", "day"] = "year"
    series: Id | None = None
    same_as: Id | None = None

    @model_validator(mode="after")
    def _form(self) -> DocumentNumber:
        if (self.pattern is None) == (self.same_as is None):
            raise ValueError("takes either pattern or same_as")
        if self.same_as is not None and self.series is not None:
            raise ValueError("a number that is another's has no series of its own")
        _ = self.scheme
        return self

    @property
    def scheme(self) -> NumberScheme | None:
        """How its own numbers are written; None where the number is another's."""
        if self.pattern is None:
            return None
        return NumberScheme(pattern=self.pattern, restart=self.restart)


class Files(BaseModel):
    """Files of a document: the kinds that are taken, how large each may be, and how many there may be.

    `types`: kinds of files, recognised by their content. `at_most`: the largest size of one file: `500KB`, `20MB`.
    `count`: how many there may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    types: tuple[FileType, ...] = Field(default=("pdf", "jpeg", "png"), min_length=1)
    at_most: Annotated[str, AfterValidator(_is_size)] = "20MB"
    count: int = Field(default=20, ge=1, le=200)

    @property
    def bytes_at_most(self) -> int:
        """The largest size of one file, in bytes."""
        return bytes_of(self.at_most)


class DocumentKind(Named):
    """A kind of paper of a case.

    `at`: the occurrence at which it is due, and gets its number; without one it is numbered when it is put into the
    case. `when`: judged at that moment. `by`: who may put it in. `signed_by`: offices that sign it. `fields`: what it
    must state. `copies`: who gets one.

    `number`: how it is numbered. `files`: files that may be added to it.
    """

    at: Occurrence | None = None
    when: Condition | None = None
    number: DocumentNumber | None = None
    by: tuple[Id, ...] = ()
    fields: tuple[FieldSpec, ...] = ()
    signed_by: tuple[Id, ...] = ()
    copies: tuple[Id, ...] = Field(default=(), description="offices or parties that get a copy, or `complainant`")
    files: Files | None = None

    @model_validator(mode="after")
    def _fields_are_given_at_once(self) -> DocumentKind:
        for one in self.fields:
            if one.required in ("registration", "requested"):
                raise ValueError(f"the field {one.id} comes with the document: write `required: true`")
        return self

    @property
    def numbered_at(self) -> Occurrence:
        """The occurrence at which it gets its number."""
        return self.at or f"documented:{self.id}"


class Dossier(Element):
    """The file of a case: which documents it holds when it is closed off at `at`, and how long it is kept.

    `at` is refused while one of them is missing. `when`: only such cases have a dossier. `keep` counts from `at`; then
    all that the vault holds of the case is destroyed.

    `at`: the milestone that is refused while one is missing. `contains`: ids of documents. `keep`: how long it is kept
    after that.
    """

    at: Occurrence = "archived"
    when: Condition | None = None
    contains: tuple[Id, ...] = Field(min_length=1)
    keep: DurationText | None = None
