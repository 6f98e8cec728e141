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

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, defer_build=True)


class Sent(Part):
    """A notice that was sent: its id, to whom (`complainant`, `role:section-chief`), when, and words that its subject
    or body has, in either language, its places filled or not. What only the vault knows stands there by its name."""

    notice: Id
    to: str | None = None
    at: WallInstant | None = None
    says: str | tuple[str, ...] = ()


class Seen(Part):
    """What happened to a complaint or a report.

    `happened`: since the beginning, true, how often, or at which instants (all of them, in order). `notices`: sent so
    far; `no_notices`: never sent.
    """

    happened: Mapping[Occurrence, bool | int | WallInstant | tuple[WallInstant, ...]] = {}
    not_happened: tuple[Occurrence, ...] = ()
    notices: tuple[Sent | Id, ...] = ()
    no_notices: tuple[Id, ...] = ()

    @property
    def reads_texts(self) -> bool:
        """Whether it looks at what notices say."""
        return any(isinstance(one, Sent) and one.says for one in self.notices)


Count = int | str
"""How many cases; of a rate, text: `3/4`, of the four that count those three that came to it."""


class ReportExpectation(Seen):
    """What holds of one report of one period (absent: the first that was opened), of several its `round`, and of those
    that each office makes that of `office`.

    `none`: there is no such report. `by`: who may sign it off; `to`: whom it goes to. `made`: when that was done, null
    while it is not.
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
    to: tuple[Id, ...] = ()
    made: WallInstant | None = None
    made_by: Id | None = None
    edition: int | None = None
    cases: int | None = None
    fields: Mapping[str, bool | int | str] = {}
    figures: Mapping[str, Count | Mapping[str, Count]] = {}
    against: Mapping[str, Count | Mapping[str, Count]] = {}


Amount = int | float | str


class AwardExpectation(Part):
    """One award: what is suggested (null: to be chosen, or not known yet) or approved, within which bounds."""

    status: Literal["suggested", "approved", "refused"] | None = None
    amount: Amount | None = None
    at_least: Amount | None = None
    at_most: Amount | None = None
    approved: Amount | None = None
    problem: str | None = None
    payer: Id | None = None
    payee: Id | None = None
    unit: Id | None = None
    currency: str | None = None


class FollowUpExpectation(Part):
    """The last round of a follow-up: from when it is offered, and until when it is due."""

    state: Literal["undecided", "waiting", "open", "done", "unreached", "superseded"] | None = None
    round: int | None = None
    opens: WallInstant | None = None
    due: WallInstant | None = None
    calls: int | None = None


class DocumentExpectation(Part):
    """A document of a case: who put it in and signed it, how many files it has, who gets a copy."""

    by: Id | None = None
    signed_by: tuple[Id, ...] = ()
    files: int | None = None
    copies: tuple[Id, ...] = ()


class DossierExpectation(Part):
    """Which documents the dossier lacks, and until when it is kept."""

    missing: tuple[Id, ...] = ()
    kept_until: WallInstant | None = None


Reading = Literal["everything", "hidden"] | tuple[str, ...]
"""What an office may read of a case: all, nothing (to it the case is not there), or these fields and documents."""


class Expectation(Seen):
    """What holds of one complaint (`of`) at an instant; only what is named is looked at.

    `due`: the due instant of a clock's last cycle, null while it is not known. `clocks`: the state of that cycle.
    `facts`: what conditions read. `numbers`: of documents. `rule`, `decided_by`, `passed_to`: of the admission.
    `documents`: what the case holds; true or false: whether it is there. `awards`: the amount that was suggested last,
    null where one is to be chosen; or all of the last one, or all of them in order. `recused`: the offices that it is
    about. `may_read`: by office, what its people may read of the case. `how_to`: words that the published text on how
    to complain has, in either language. `reports`: of the procedure, whatever the complaint. Without `of`: the
    complaint of the action, else the first.
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
    rule: Id | None = None
    decided_by: Id | None = None
    passed_to: Id | None = None
    documents: Mapping[Id, bool | DocumentExpectation] = {}
    dossier: DossierExpectation | None = None
    how_to: tuple[str, ...] = ()
    awards: Mapping[Id, Decimal | AwardExpectation | tuple[AwardExpectation, ...] | None] = {}
    follow_ups: Mapping[Id, FollowUpExpectation] = {}
    may_read: Mapping[Id, Reading] = {}
    recused: tuple[Id, ...] = ()
    reports: tuple[ReportExpectation, ...] = ()


class Refusal(Part):
    """An action is refused: the field that the error names, and words that its reason holds."""

    field: str | None = None
    says: str | None = None
