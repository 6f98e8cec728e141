"""Runs one example and says what does not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID, uuid5

from huiyin.simulate.acting import act
from huiyin.simulate.actions import Action, Ask, Given, PutDocument, Register, ReportMilestone
from huiyin.simulate.expect import Differences
from huiyin.simulate.expect_parts import part_differences, published_differences
from huiyin.simulate.expect_reports import report_differences
from huiyin.simulate.expectations import FIRST, Expectation, Refusal
from huiyin.simulate.instants import instant
from huiyin.simulate.observe import Observation, observe
from huiyin.simulate.refused import Refused
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.story import Example, ExampleFile
from huiyin.simulate.world import World
from shared.business_time.zones import zone
from shared.errors import HuiyinError
from shared.events.complaints import ComplaintRegistered, ComplaintSupplemented
from shared.events.envelope import NAMESPACE, Event
from shared.procedures.least import least_document
from shared.procedures.model import Procedure
from shared.procedures.notice_documents import documents_shown

_JUST_BEFORE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """What does not hold: at which action (from 1; 0: the complaint itself, None: in the end), of what."""

    example: str
    action: int | None
    what: str

    def __str__(self) -> str:
        place = "in the end" if self.action is None else f"when[{self.action}]" if self.action else "given"
        return f"{self.example}: {place}: {self.what}"


@dataclass(frozen=True)
class Played:
    """One moment of an example: what was done at an instant (None: steps of clocks came), and what was published."""

    at: datetime
    action: Action | None
    published: tuple[Event, ...]


@dataclass(frozen=True)
class Outcome:
    """What an example led to. The complaint itself is the first of what was `played`, unless it was refused."""

    example: Example
    failures: tuple[Failure, ...]
    played: tuple[Played, ...]

    @property
    def published(self) -> tuple[Event, ...]:
        """Every event, in order."""
        return tuple(event for moment in self.played for event in moment.published)


def run_example(example: Example, file: ExampleFile, rules: WorldRules) -> Outcome:
    """Play an example on these rules."""
    return _Run(example, file, rules).outcome()


def case_id(example: str, name: str) -> UUID:
    """The id of a complaint in an example: always the same."""
    return uuid5(NAMESPACE, f"example|{example}|{name}")


class _Run:
    def __init__(self, example: Example, file: ExampleFile, rules: WorldRules) -> None:
        self._example, self._file, self._rules = example, file, rules
        self._ids: dict[str, UUID] = {}
        self._failures: list[Failure] = []
        self._played: list[Played] = []
        self._papers = 0
        self._first: Given | None = None
        if example.given is not None:
            given = self._whole(example.given)
            received = given.received or (example.when[0].at if example.when else None) or example.until
            self._first = given.model_copy(update={"received": received})

    def outcome(self) -> Outcome:
        """Play it; what a service raises in surprise is a failure too."""
        try:
            self._play()
        except HuiyinError as error:
            self._failures.append(Failure(self._example.id, None, error.message))
        return Outcome(self._example, tuple(self._failures), tuple(self._played))

    def _play(self) -> None:
        start = self._start()
        if start is None:
            self._fail(0, "it is not said when the complaint was received")
            return
        world = World(self._rules, self._at(start), self._example.reports, texts=self._example.reads_texts)
        if self._first is None:
            self._advance(world, start, inclusive=True)
        elif not self._begin(world, self._first):
            return
        for place, action in enumerate(self._example.when, 1):
            self._put_documents(world, place, action)
            self._advance(world, action.at, inclusive=False)
            problem = _refusal(lambda action=action: self._act(world, action))
            self._compare_refusal(place, action.refused, problem)
            self._note(world, self._completed(action))
            if all(later.at != action.at for later in self._example.when[place : place + 1]):
                self._advance(world, action.at, inclusive=True)
            if action.expect is not None:
                self._compare(place, _of_action(action, action.expect), world)
        if self._example.until is not None:
            self._advance(world, self._example.until, inclusive=True)
        for expected in self._example.expected:
            self._compare(None, expected, world)
        for name in _leaked(world.published, self._rules.procedure):
            self._fail(None, f"{name}: a text of the complaint stands in an event")

    def _start(self) -> str | None:
        """When time begins."""
        if self._example.starts is not None:
            return self._example.starts
        if self._first is not None:
            return self._first.registered or self._first.received
        return self._example.when[0].at if self._example.when else self._example.until

    def _begin(self, world: World, first: Given) -> bool:
        """The complaint comes; returns whether it was taken."""
        if first.received is None:
            self._fail(0, "it is not said when the complaint was received")
            return False
        self._advance(world, first.registered or first.received, inclusive=self._example.starts is None)
        problem = _refusal(lambda: self._register(world, FIRST, first))
        self._compare_refusal(0, self._example.refused, problem)
        if problem is not None:
            return False
        self._note(world, Register(at=first.received, register_=first, as_=FIRST))
        return True

    def _put_documents(self, world: World, place: int, action: Action) -> None:
        """Put an action's documents into the vault a second before it, or at once where less time is left."""
        case = None if isinstance(action, Register | Ask) else self._ids.get(action.of)
        if case is None:
            return
        names = self._named(world.facts(case), action) if action.documents is None else action.documents
        if not names:
            return
        world.advance(max(world.now, self._at(action.at) - _JUST_BEFORE), inclusive=True)
        self._note(world, None)
        for name in names:
            self._papers += 1
            at = world.now.astimezone(zone(self._rules.procedure.time_zone))
            least = least_document(self._rules.procedure, name, world.facts(case), at)
            paper = PutDocument(
                at=action.at,
                of=action.of,
                by=least.by,
                document=name,
                text=f"{name} {self._papers}",  # another each time: the same again would be no new document
                fields=least.fields,
                signed_by=least.signed_by,
            )
            problem = _refusal(lambda paper=paper: act(world, paper, case, self._at))
            if problem is not None:
                self._fail(place, f"document {name}: it is refused: {problem}")
                continue
            self._note(world, paper)

    def _named(self, facts: Mapping[str, Any], action: Action) -> tuple[str, ...]:
        """The documents that a report's fields name, and those that notices about it show."""
        if not isinstance(action, ReportMilestone):
            return ()
        spec = next((one for one in self._rules.procedure.milestones if one.id == action.report), None)
        texts = {field.id for field in spec.fields if field.type == "text"} if spec else set()
        named = [str(value) for name, value in action.fields.items() if name in texts]
        reported = {f"{action.report}.{name}": value for name, value in action.fields.items()}
        then = {**facts, **reported, f"reached:{action.report}": True}
        return tuple(dict.fromkeys((*named, *documents_shown(self._rules.procedure, action.report, then))))

    def _advance(self, world: World, to: str, *, inclusive: bool) -> None:
        world.advance(self._at(to), inclusive=inclusive)
        self._note(world, None)

    def _note(self, world: World, action: Action | None) -> None:
        """Keep what was published since, by the instants at which it was."""
        new = world.published[sum(len(moment.published) for moment in self._played) :]
        if action is not None:
            self._played.append(Played(world.now, action, tuple(new)))
            return
        for at, events in groupby(new, key=lambda event: event.time):
            self._played.append(Played(at, None, tuple(events)))

    def _act(self, world: World, action: Action) -> None:
        if isinstance(action, Register):
            self._register(world, action.as_, self._further(action))
            return
        act(world, action, self._ids.get(action.of), self._at)

    def _completed(self, action: Action) -> Action:
        """With everything that the file says of every complaint."""
        if not isinstance(action, Register):
            return action
        return action.model_copy(update={"register_": self._further(action)})

    def _further(self, action: Register) -> Given:
        """Another complaint: received when it is registered, unless it says otherwise."""
        given = action.register_
        return self._whole(given.model_copy(update={"received": given.received or action.at}))

    def _register(self, world: World, name: str, given: Given) -> None:
        case = case_id(self._example.id, name)
        fields: dict[str, Any] = {key: value for key, value in given.fields.items() if value is not None}
        received = self._at(given.received) if given.received else world.now
        world.register(case, given.channel or "", received, given.language or "zh", fields)
        self._ids[name] = case

    def _whole(self, given: Given) -> Given:
        """With what the file says of every complaint."""
        common = self._file.complaint
        return Given(
            received=given.received or common.received,
            registered=given.registered,
            channel=given.channel or common.channel or self._rules.procedure.channels[0].id,
            language=given.language or common.language,
            fields={**common.fields, **given.fields},
        )

    def _compare(self, place: int | None, expected: Expectation, world: World) -> None:
        procedure = self._rules.procedure
        for report in expected.reports:
            for line in report_differences(report, world, procedure):
                self._fail(place, line)
        for line in published_differences(expected, self._rules):
            self._fail(place, line)
        case = self._ids.get(expected.of)
        if case is None:
            named = expected.model_fields_set - {"of"}
            if not named or named - {"reports", "how_to"}:
                self._fail(place, f"there is no complaint {expected.of}")
            return
        names = {id: name for name, id in self._ids.items()}
        seen: Observation = observe(world.published, case)
        whole = Differences(expected, seen, world.facts(case), names, world.texts, procedure)
        for line in (*whole.lines(), *part_differences(expected, world, case, procedure)):
            self._fail(place, line)

    def _compare_refusal(self, place: int, expected: Refusal | None, problem: Refused | None) -> None:
        for line in _differences(expected, problem):
            self._fail(place, line)

    def _fail(self, place: int | None, what: str) -> None:
        self._failures.append(Failure(self._example.id, place, what))

    def _at(self, text: str) -> datetime:
        return instant(text, self._rules.procedure.time_zone)


def _of_action(action: Action, expected: Expectation) -> Expectation:
    """What is expected after an action is of its complaint, unless it says otherwise."""
    if "of" in expected.model_fields_set:
        return expected
    return expected.model_copy(update={"of": action.as_ if isinstance(action, Register) else action.of})


def _leaked(published: Iterable[Event], procedure: Procedure) -> list[str]:
    """The fields of text whose values came into events, where no text may stand: it can name people."""
    texts = {field.id for field in procedure.fields if field.type == "text"}
    told = [event.data for event in published]
    coded = [
        name
        for data in told
        if isinstance(data, ComplaintRegistered | ComplaintSupplemented)
        for name in data.attributes
    ]
    return sorted(texts.intersection(coded))


def _refusal(act: Any) -> Refused | None:
    """What the action was refused with, None if it was not."""
    try:
        act()
    except Refused as problem:
        return problem
    except HuiyinError as error:
        return Refused.by(error)
    return None


def _differences(expected: Refusal | None, problem: Refused | None) -> Iterator[str]:
    if problem is None:
        if expected is not None:
            yield "it is expected to be refused, and is not"
        return
    if expected is None:
        yield f"it is refused: {problem}"
        return
    matching = [
        message
        for field, message in problem.errors
        if (expected.field is None or field == expected.field) and (expected.says is None or expected.says in message)
    ]
    if not matching:
        yield f"it is refused for another reason: {problem}"
