"""What is done in an example, when and by whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag

from huiyin.simulate.expectations import FIRST, Expectation, Part, Refusal
from huiyin.simulate.instants import WallInstant
from shared.procedures.model import FileType, Id
from shared.procedures.model.documents import bytes_of


def _is_size(size: str) -> str:
    bytes_of(size)
    return size


Value = bool | int | str
Values = dict[str, Value]
Person = dict[str, Value]
"""One person of a party, by the party's fields."""
DocumentName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,60}$")]
Size = Annotated[str, AfterValidator(_is_size)]
"""How large a file is: `500KB`, `20MB`."""


class Given(Part):
    """A complaint as it comes: when it was received, and (absent: then) registered, over which channel, its fields.

    A party stands in the field of its id. What is left out is that of the file's `complaint`; a field of null is not
    given at all.
    """

    received: WallInstant | None = None
    registered: WallInstant | None = None
    channel: str | None = None
    language: Literal["zh", "en"] | None = None
    fields: dict[str, Value | Person | list[Person] | None] = {}


class BaseAction(Part):
    """`documents` are put into the case under these names a second before, each with the least that it must hold.

    Left out: those that a report's fields name, and those that notices of it show. An empty list: none.
    """

    at: WallInstant
    of: Id = FIRST
    by: str | None = None
    documents: tuple[str, ...] | None = None
    refused: Refusal | None = None
    expect: Expectation | None = None


class Register(BaseAction):
    """Another complaint comes; `as` names it for later actions and expectations."""

    register_: Given = Field(alias="register")
    as_: Id = Field(default="second", alias="as")


class Decide(BaseAction):
    """An officer decides on a complaint, held or in handling; `fields` are given with the decision."""

    decide: Literal["admit", "refuse", "transfer-out"]
    rule: Id | None = None
    to: str | None = None
    fields: Values = {}


class Ask(BaseAction):
    """An officer asks the complainant for `fields` and `documents` of a supplement; without both, for all of it.

    These documents are asked for: none is put into the vault.
    """

    ask: Id
    fields: tuple[str, ...] = ()


class Supplement(BaseAction):
    """The complainant gives more; or an office (`by`) writes it down."""

    supplement: dict[str, Value | Person | list[Person]]


class Withdraw(BaseAction):
    """The complaint is taken back; without `by`, by the complainant."""

    withdraw: Literal[True]
    fields: Values = {}


class ReportMilestone(BaseAction):
    """A milestone is reported that happened at `happened_at` (absent: at `at`)."""

    report: Id
    happened_at: WallInstant | None = None
    persons: tuple[str, ...] = ()
    fields: Values = {}
    clock: Id | None = None
    award: Id | None = None


class PutDocument(BaseAction):
    """An office (`by`; absent: the department that has the case) puts a document in: its text, the fields that it
    states, and who signed it."""

    document: Id
    text: str | None = None
    fields: Values = {}
    signed_by: tuple[Id, ...] = ()


class Upload(BaseAction):
    """Files are put into a document, so many `times`, each another of this type and size."""

    upload: DocumentName
    type: FileType | Literal["other"] = "pdf"
    size: Size = "100KB"
    times: int = Field(default=1, ge=1, le=200)


class Reassign(BaseAction):
    """The case is given to another department by hand."""

    reassign: Id


class CallIn(BaseAction):
    """Another department is called in to assist."""

    call_in: Id


class Call(BaseAction):
    """The complainant is called back: the oldest open follow-up."""

    call: Literal["reached", "not-reached"]
    satisfied: bool | None = None
    score: int | None = None
    grade: Id | None = None
    fields: Values = {}


class Answer(BaseAction):
    """The complainant says, without being asked, whether the answer satisfies."""

    answer: Literal["satisfied", "dissatisfied"]
    score: int | None = None


class Served(BaseAction):
    """An office reports the receipt of a notice, the last one sent (`to` this addressee): who signed it is the document
    `signer` of the vault."""

    served: Id
    to: str | None = None
    person: str | None = None
    signer: str | None = None
    date: dt.date | None = None


class Delivered(BaseAction):
    """An office reports in which form it gave the answer that a notice brings, and when (absent: at `at`)."""

    delivered: Id
    form: Literal["written", "oral"]
    to: str | None = None
    person: str | None = None
    happened_at: WallInstant | None = None


class SignOff(BaseAction):
    """An office makes a recurring report, of a period (absent: the first that is not made)."""

    sign_off: Id
    period: str | None = None
    round: int = 1
    office: Id | None = None
    person: str | None = None
    fields: Values = {}


class Recount(BaseAction):
    """An office has the figures of a recurring report counted anew."""

    recount: Id
    period: str | None = None
    round: int = 1
    office: Id | None = None


class Look(BaseAction):
    """Nothing else is done: documents come, or something must hold."""


KINDS: Mapping[str, type[BaseAction]] = {
    "register": Register,
    "decide": Decide,
    "ask": Ask,
    "supplement": Supplement,
    "withdraw": Withdraw,
    "report": ReportMilestone,
    "document": PutDocument,
    "upload": Upload,
    "reassign": Reassign,
    "call_in": CallIn,
    "call": Call,
    "answer": Answer,
    "served": Served,
    "delivered": Delivered,
    "sign_off": SignOff,
    "recount": Recount,
}
"""Each action by the key that says what is done."""


def _kind(value: Any) -> str:
    if isinstance(value, BaseAction):
        return next((key for key, kind in KINDS.items() if type(value) is kind), "expect")
    keys = value if isinstance(value, Mapping) else ()
    return next((kind for kind in KINDS if kind in keys), "expect")


Action = Annotated[
    Annotated[Register, Tag("register")]
    | Annotated[Decide, Tag("decide")]
    | Annotated[Ask, Tag("ask")]
    | Annotated[Supplement, Tag("supplement")]
    | Annotated[Withdraw, Tag("withdraw")]
    | Annotated[ReportMilestone, Tag("report")]
    | Annotated[PutDocument, Tag("document")]
    | Annotated[Upload, Tag("upload")]
    | Annotated[Reassign, Tag("reassign")]
    | Annotated[CallIn, Tag("call_in")]
    | Annotated[Call, Tag("call")]
    | Annotated[Answer, Tag("answer")]
    | Annotated[Served, Tag("served")]
    | Annotated[Delivered, Tag("delivered")]
    | Annotated[SignOff, Tag("sign_off")]
    | Annotated[Recount, Tag("recount")]
    | Annotated[Look, Tag("expect")],
    Discriminator(_kind),
]
