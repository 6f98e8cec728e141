"""The form of examples: what is given, what is done when and by whom, and what must hold.

A file of examples lies in the folder `examples` beside its procedure's file and has its name. Every instant is wall
time of the procedure's zone, and worked out by hand.
"""

from __future__ import annotations

from pydantic import model_validator

from huiyin.simulate.actions import Action, Given, Recount, SignOff
from huiyin.simulate.expectations import Expectation, Part, Refusal
from huiyin.simulate.instants import WallInstant
from shared.procedures.model import Id


class Example(Part):
    """One example. `given`: the complaint, or null where there is none. `refused`: it is refused at the counter.
    `starts`: since when time goes on (absent: since the complaint). `until`: how long it goes on after the last action
    before `expect` is looked at."""

    id: Id
    about: str | None = None
    given: Given | None = Given()
    refused: Refusal | None = None
    starts: WallInstant | None = None
    when: tuple[Action, ...] = ()
    until: WallInstant | None = None
    expect: Expectation | tuple[Expectation, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Example:
        instants = [action.at for action in self.when] + ([self.until] if self.until else [])
        instants = [self.starts, *instants] if self.starts else instants
        if instants != sorted(instants):
            raise ValueError("actions stand in the order of their instants")
        if self.given is None and not instants:
            raise ValueError("without a complaint, it is said when time starts, or something is done")
        return self

    @property
    def expected(self) -> tuple[Expectation, ...]:
        """What must hold in the end."""
        return self.expect if isinstance(self.expect, tuple) else (self.expect,)

    @property
    def _all_expected(self) -> tuple[Expectation, ...]:
        return (*self.expected, *(action.expect for action in self.when if action.expect is not None))

    @property
    def reads_texts(self) -> bool:
        """Whether it looks at what notices say."""
        return any(part.reads_texts or any(one.reads_texts for one in part.reports) for part in self._all_expected)

    @property
    def reports(self) -> frozenset[str]:
        """The recurring reports that it speaks of."""
        found = {one.report for part in self._all_expected for one in part.reports}
        for action in self.when:
            if isinstance(action, SignOff):
                found.add(action.sign_off)
            elif isinstance(action, Recount):
                found.add(action.recount)
        return frozenset(found)


class ExampleFile(Part):
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
