"""The invented people: departments, officers, a call centre, complainants. One thread reads, plans and acts.

They know the events of the topics and nothing else, live on the home's clock, and report what they did at once.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections import Counter as Tally
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from huiyin.demo.people import acts, planning
from huiyin.demo.people.acts import Act, Refusal
from huiyin.demo.people.casefile import CaseFile
from huiyin.demo.people.counter import Counter
from huiyin.demo.people.planning import Task
from huiyin.demo.people.subscriber import Subscriber
from shared.business_time.clock import Clock
from shared.errors import HuiyinError, NotFound, NotYet, Unavailable
from shared.events.assignments import CaseAssigned, MilestoneReached, ReportRejected
from shared.events.complaints import ComplaintAdmitted
from shared.events.envelope import Event
from shared.events.notices import NoticeDelivered, NoticeServed
from shared.procedures.loader import Library

_HANDS = 6
_POLL_MS = 25
_WAIT_FOR_IMPORT = timedelta(minutes=1)
_SHOWN = 12
_ASSIGNED = "assigned"


@dataclass
class Seen:
    """What has been seen since the beginning: events by type, the last ones, refused reports."""

    types: Tally[str] = field(default_factory=Tally)
    last: deque[Event] = field(default_factory=lambda: deque(maxlen=_SHOWN))
    refusals: list[Refusal] = field(default_factory=list)


class Departments:
    """Everybody who deals with the cases of one run. `adopt` decides which those are."""

    def __init__(self, subscriber: Subscriber, counter: Counter, clock: Clock, library: Library, seed: str) -> None:
        self._subscriber = subscriber
        self._counter = counter
        self._clock = clock
        self._library = library
        self._seed = seed
        self._tasks: list[tuple[datetime, int, Task]] = []
        self._numbers = itertools.count()
        self._waiting: Tally[UUID] = Tally()
        self._busy: dict[UUID, Future[None]] = {}
        self._mine: set[UUID] = set()
        self._complete = False
        self._unanswered: dict[tuple[UUID, str], float] = {}
        self._hands = ThreadPoolExecutor(_HANDS, thread_name_prefix="department")
        self.lock = threading.Lock()
        """Held while files and what was seen change."""
        self.files: dict[UUID, CaseFile] = {}
        self.seen = Seen()
        self.failure: BaseException | None = None

    def adopt(self, cases: Collection[UUID]) -> None:
        """These were registered by this run."""
        with self.lock:
            self._mine.update(cases)

    def complete(self) -> None:
        """No more cases of this run will come."""
        self._complete = True

    def own_files(self) -> list[CaseFile]:
        """The files of this run's cases; hold `lock` while reading them."""
        return [self.files[case] for case in self._mine if case in self.files]

    def all_ended(self) -> bool:
        """Whether every case of this run has its answer or a breach on record, and nobody has work in hand."""
        with self.lock:
            files = self.own_files()
            if not self._complete or len(files) < len(self._mine) or self._busy or self._own_tasks():
                return False
            return all(planning.has_end(file, self._seed) for file in files)

    def lag(self) -> float:
        """How far what people did lies ahead of what the system has made of it, in real seconds: the age of the oldest
        report or admission that has not come back as an event, or of the oldest task that nobody got round to."""
        with self.lock:
            ages = [time.monotonic() - since for since in self._unanswered.values()]
            if self._tasks:
                late = (self._clock.now() - self._tasks[0][0]).total_seconds()
                ages.append(late / self._clock.rate())
        return max(ages, default=0.0)

    def _own_tasks(self) -> bool:
        return any(self._waiting[case] > 0 for case in self._mine)

    def run(self, stop: threading.Event) -> None:
        """Read and act until `stop` is set. What goes wrong is kept in `failure`."""
        try:
            while not stop.is_set():
                try:
                    events = self._subscriber.poll(_POLL_MS)
                except Unavailable:  # the broker is being started anew
                    stop.wait(0.5)
                    continue
                with self.lock:
                    self._read(events)
                    self._tidy()
                    self._act()
        except BaseException as error:
            self.failure = error
            raise
        finally:
            self._hands.shutdown(wait=True, cancel_futures=True)
            self._subscriber.close()
            self._counter.close()

    def _read(self, events: Sequence[Event]) -> None:
        for event in events:
            self.seen.types[event.type] += 1
            self.seen.last.append(event)
            file = self.files.get(event.subject)
            if file is None:
                file = CaseFile(event.subject, (event.procedure, event.procedure_version))
                self.files[event.subject] = file
            file.apply(event)
            self._note_answer(event)
            try:
                procedure = self._library.get(*file.procedure)
            except NotFound:  # a case of an older run, by rules that this installation does not have
                continue
            for task in planning.reactions(event, file, procedure, self._seed):
                self._plan(task)

    def _note_answer(self, event: Event) -> None:
        case = event.subject
        match event.data:
            case ComplaintAdmitted() if case in self._mine and self.files[case].department is None:
                self._unanswered.setdefault((case, _ASSIGNED), time.monotonic())
            case CaseAssigned():
                self._unanswered.pop((case, _ASSIGNED), None)
            case MilestoneReached(milestone=milestone) | ReportRejected(milestone=milestone):
                self._unanswered.pop((case, milestone), None)
            case NoticeDelivered(notice=notice):
                self._unanswered.pop((case, f"delivered:{notice}"), None)
            case NoticeServed(notice=notice):
                self._unanswered.pop((case, f"served:{notice}"), None)

    def _plan(self, task: Task) -> None:
        heapq.heappush(self._tasks, (task.at, next(self._numbers), task))
        self._waiting[task.case_id] += 1

    def _tidy(self) -> None:
        """Let go of finished work, and see to it that no case of ours is forgotten."""
        for case, work in list(self._busy.items()):
            if work.done():
                del self._busy[case]
                work.result()
        now = self._clock.now()
        for file in self.own_files():
            if file.id in self._busy or self._waiting[file.id]:
                continue
            goal = planning.next_goal(file, self._seed, now)
            if goal is not None:
                self._plan(goal)

    def _act(self) -> None:
        now = self._clock.now()
        again: list[Task] = []
        while self._tasks and self._tasks[0][0] <= now:
            _, _, task = heapq.heappop(self._tasks)
            self._waiting[task.case_id] -= 1
            if task.case_id not in self._mine:
                if not self._complete:
                    again.append(replace(task, at=now + _WAIT_FOR_IMPORT))
            elif task.case_id in self._busy:
                again.append(task)
            else:
                again += self._do(task, now)
        for task in again:
            self._plan(task)

    def _do(self, task: Task, now: datetime) -> Sequence[Task]:
        file = self.files[task.case_id]
        procedure = self._library.get(*file.procedure)
        doing, later = acts.act(task, file, procedure, self._seed, now)
        if doing:
            self._busy[file.id] = self._hands.submit(self._perform, file, doing)
        return later

    def _perform(self, file: CaseFile, doing: Sequence[Act]) -> None:
        """In a thread of its own: do one thing after the other; a refusal ends the row."""
        for one in doing:
            if one.reaches is not None:
                with self.lock:
                    self._unanswered[file.id, one.reaches] = time.monotonic()
            try:
                _patiently(lambda one=one: one.perform(self._counter))  # type: ignore[misc]
            except HuiyinError as error:
                with self.lock:
                    self._unanswered.pop((file.id, one.reaches or ""), None)
                    if not one.may_be_refused:
                        self.seen.refusals.append(Refusal(file.id, one.name, error.message, error.field))
                return
            if one.reaches is not None:
                with self.lock:
                    file.reached.add(one.reaches)


_PATIENCE_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0, 8.0)


def _patiently(perform: Callable[[], None]) -> None:
    """Do it, and again while the other side is away, or has not heard of a document: reports are safe to repeat."""
    for seconds in _PATIENCE_SECONDS:
        try:
            perform()
            return
        except (Unavailable, NotYet):
            threading.Event().wait(seconds)
    perform()
