"""The form of examples: what is given, what is done when and by whom, and what must hold.

A file of examples lies in the folder `examples` beside its procedure's file and has its name. Every instant is wall
time of the procedure's zone, and worked out by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from huiyin.simulate.instants import WallInstant
from shared.procedures.model import Id, Occurrence

FIRST = "first"
"""The name of the complaint that an example's `given` is, for actions and expectations about several."""

Values = dict[str, bool | int | str]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Given(_Part):
    """A complaint as it comes: when it was received, and (absent: then) registered, over which channel, its fields.

    What is left out is that of the file's `complaint`; a field of null is not given at all.
    """

    received: WallInstant | None = None
    registered: WallInstant | None = None
    channel: str | None = None
    language: Literal["zh", "en"] | None = None
    fields: dict[str, bool | int | str | None] = {}


class Sent(_Part):
    """A notice that was sent: its id, to whom (`complainant`, `role:section-chief`), and when."""

    notice: Id
    to: str | None = None
    at: WallInstant | None = None


class Expectation(_Part):
    """What holds of one complaint (`of`) at an instant; only what is named is looked at.

    `due`: the due instant of a clock's last cycle, null while it is not known. `clocks`: the state of that cycle.
    `happened`: since the beginning, true, how often, or at which instants (all of them, in order). `notices`: sent so
    far; `no_notices`: never sent. `facts`: what conditions read. `numbers`: of documents.
    `awards`: the amount that was suggested last, null where one is to be chosen. Without `of`: the complaint of the
    action, else the first.
    """

    of: Id = FIRST
    status: str | None = None
    class_: str | None = Field(default=None, alias="class")
    department: str | None = None
    level: str | None = None
    cycle: int | None = None
    number: str | None = None
    missing: tuple[str, ...] | None = None
    merged_into: Id | None = None
    due: Mapping[Id, WallInstant | None] = {}
    clocks: Mapping[Id, Literal["running", "paused", "breached", "met", "late", "cancelled", "none"]] = {}
    happened: Mapping[Occurrence, bool | int | WallInstant | tuple[WallInstant, ...]] = {}
    not_happened: tuple[Occurrence, ...] = ()
    notices: tuple[Sent | Id, ...] = ()
    no_notices: tuple[Id, ...] = ()
    facts: Mapping[str, bool | int | float | str | None] = {}
    numbers: Mapping[Id, str] = {}
    awards: Mapping[Id, Decimal | None] = {}


class Refusal(_Part):
    """An action is refused: the field that the error names, and words that its reason holds."""

    field: str | None = None
    says: str | None = None


class _Action(_Part):
    """`documents` are put into the case's vault under these names a second before.

    Left out: those that a report's fields name. An empty list: none.
    """

    at: WallInstant
    of: Id = FIRST
    by: str | None = None
    documents: tuple[str, ...] | None = None
    refused: Refusal | None = None
    expect: Expectation | None = None


class Register(_Action):
    """Another complaint comes; `as` names it for later actions and expectations."""

    register_: Given = Field(alias="register")
    as_: Id = Field(default="second", alias="as")


class Decide(_Action):
    """An officer decides on a complaint, held or in handling; `fields` are given with the decision."""

    decide: Literal["admit", "refuse", "transfer-out"]
    rule: Id | None = None
    to: str | None = None
    fields: Values = {}


class Supplement(_Action):
    """The complainant gives more."""

    supplement: Values


class Withdraw(_Action):
    """The complaint is taken back; without `by`, by the complainant."""

    withdraw: Literal[True]
    fields: Values = {}


class ReportMilestone(_Action):
    """A milestone is reported that happened at `happened_at` (absent: at `at`)."""

    report: Id
    happened_at: WallInstant | None = None
    persons: tuple[str, ...] = ()
    fields: Values = {}
    clock: Id | None = None
    award: Id | None = None


class Reassign(_Action):
    """The case is given to another department by hand."""

    reassign: Id


class CallIn(_Action):
    """Another department is called in to assist."""

    call_in: Id


class Call(_Action):
    """The complainant is called back: the oldest open follow-up."""

    call: Literal["reached", "not-reached"]
    satisfied: bool | None = None
    score: int | None = None
    grade: Id | None = None
    fields: Values = {}


class Answer(_Action):
    """The complainant says, without being asked, whether the answer satisfies."""

    answer: Literal["satisfied", "dissatisfied"]
    score: int | None = None


class Look(_Action):
    """Nothing else is done: documents come, or something must hold."""


_KINDS = ("register", "decide", "supplement", "withdraw", "report", "reassign", "call_in", "call", "answer")


def _kind(value: Any) -> str:
    if isinstance(value, _Action):
        return type(value).__name__
    keys = value if isinstance(value, Mapping) else ()
    return next((kind for kind in _KINDS if kind in keys), "expect")


Action = Annotated[
    Annotated[Register, Tag("register")]
    | Annotated[Decide, Tag("decide")]
    | Annotated[Supplement, Tag("supplement")]
    | Annotated[Withdraw, Tag("withdraw")]
    | Annotated[ReportMilestone, Tag("report")]
    | Annotated[Reassign, Tag("reassign")]
    | Annotated[CallIn, Tag("call_in")]
    | Annotated[Call, Tag("call")]
    | Annotated[Answer, Tag("answer")]
    | Annotated[Look, Tag("expect")],
    Discriminator(_kind),
]


class Example(_Part):
    """One example. `refused`: the complaint itself is refused at the counter. `until`: how long time goes on after the
    last action before `expect` is looked at."""

    id: Id
    about: str | None = None
    given: Given = Given()
    refused: Refusal | None = None
    when: tuple[Action, ...] = ()
    until: WallInstant | None = None
    expect: Expectation | tuple[Expectation, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Example:
        instants = [action.at for action in self.when] + ([self.until] if self.until else [])
        if instants != sorted(instants):
            raise ValueError("actions stand in the order of their instants")
        return self

    @property
    def expected(self) -> tuple[Expectation, ...]:
        """What must hold in the end."""
        return self.expect if isinstance(self.expect, tuple) else (self.expect,)


class ExampleFile(_Part):
    """The examples of one procedure; `complaint` is what every complaint has unless it says otherwise."""

    procedure: Id
    complaint: Given = Given()
    examples: tuple[Example, ...]

    @model_validator(mode="after")
    def _once(self) -> ExampleFile:
        ids = [example.id for example in self.examples]
        twice = {id for id in ids if ids.count(id) > 1}
        if twice:
            raise ValueError(f"several examples have the id {', '.join(sorted(twice))}")
        return self
