"""What an example expects: of a complaint, of a recurring report, and of an action that is refused."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from huiyin.simulate.instants import WallInstant
from shared.procedures.model import Id, Occurrence

FIRST = "first"
"""The name of the complaint that an example's `given` is, for actions and expectations about several."""


class Part(BaseModel):
    """A part of an example: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Sent(Part):
    """A notice that was sent: its id, to whom (`complainant`, `role:section-chief`), when, and words that its text has,
    in either language, before its places are filled."""

    notice: Id
    to: str | None = None
    at: WallInstant | None = None
    says: str | None = None


class Seen(Part):
    """What happened to a complaint or a report.

    `happened`: since the beginning, true, how often, or at which instants (all of them, in order). `notices`: sent so
    far; `no_notices`: never sent.
    """

    happened: Mapping[Occurrence, bool | int | WallInstant | tuple[WallInstant, ...]] = {}
    not_happened: tuple[Occurrence, ...] = ()
    notices: tuple[Sent | Id, ...] = ()
    no_notices: tuple[Id, ...] = ()


Count = int | str
"""How many cases; of a rate, text: `3/4`, of the four that count those three that came to it."""


class ReportExpectation(Seen):
    """What holds of one report of one period (absent: the first that was opened), of several its `round`, and of those
    that each office makes that of `office`.

    `none`: there is no such report. `by`: who may sign it off. `made`: when that was done, null while it is not.
    `cases`: how many it is about. `figures`: by what they count, as of the latest edition: `received`,
    `closed/received` for a rate, `received by department` for the values of a fact (`unknown` where it is not known);
    `against`: those of the period that it is compared with.
    """

    report: Id
    period: str | None = None
    round: int = 1
    office: Id | None = None
    none: Literal[True] | None = None
    state: Literal["open", "ready", "overdue", "made", "made-late"] | None = None
    ready: WallInstant | None = None
    due: WallInstant | None = None
    by: tuple[Id, ...] = ()
    made: WallInstant | None = None
    made_by: Id | None = None
    edition: int | None = None
    cases: int | None = None
    fields: Mapping[str, bool | int | str] = {}
    figures: Mapping[str, Count | Mapping[str, Count]] = {}
    against: Mapping[str, Count | Mapping[str, Count]] = {}


class Expectation(Seen):
    """What holds of one complaint (`of`) at an instant; only what is named is looked at.

    `due`: the due instant of a clock's last cycle, null while it is not known. `clocks`: the state of that cycle.
    `facts`: what conditions read. `numbers`: of documents. `reports`: of the procedure, whatever the complaint.
    `recused`: the offices that it is hidden from. `may_read`: by office or party, the fields and documents that are
    disclosed to it, `all` where nothing is withheld.
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
    facts: Mapping[str, bool | int | float | str | None] = {}
    numbers: Mapping[Id, str] = {}
    awards: Mapping[Id, Decimal | None] = {}
    recused: tuple[Id, ...] | None = None
    may_read: Mapping[Id, Literal["all"] | tuple[str, ...]] = {}
    reports: tuple[ReportExpectation, ...] = ()


class Refusal(Part):
    """An action is refused: the field that the error names, and words that its reason holds."""

    field: str | None = None
    says: str | None = None
