"""Which facts a procedure's examples prove: take away what implements a fact, change its figures, and see one fail.

*Enforced*: every element that cites the fact can be left out, and its figures changed, only so that an example notices.
*Cited*: an element names the fact, but some change of it is noticed by no example. *Not enforced*: the file says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from huiyin.simulate.elements import Cited, elements, written_place
from huiyin.simulate.mutations import Mutation, figures, removal
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import Failure, run_example
from huiyin.simulate.story import Example, ExampleFile
from huiyin.simulate.variants import variants
from shared.business_time.calendars import Calendar
from shared.procedures.model import Procedure

_WORD = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class Proof:
    """What became of the facts of one procedure. `unnoticed`: by cited fact, the changes that no example notices."""

    procedure: str
    enforced: tuple[str, ...]
    cited: tuple[str, ...]
    not_enforced: Mapping[str, str]
    unnoticed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Fact ids by verdict."""
        return {
            "enforced": list(self.enforced),
            "cited": list(self.cited),
            "not_enforced": dict(self.not_enforced),
        }


def prove(
    procedure: Procedure, file: ExampleFile | None, calendars: Mapping[str, Calendar], *, strict: bool = False
) -> Proof:
    """Judge every fact that the procedure cites; `strict`: what has no figures is changed too (`variants`).

    Without examples, and if one fails on the procedure itself, nothing is proven.
    """
    runner = _Runner(file, calendars)
    failures = runner.failures(procedure)
    sources = _sources(procedure)
    excused = {one.fact: one.why for one in procedure.not_enforced}
    unnoticed: dict[str, list[str]] = {}
    if not failures:
        verdicts: dict[int, list[str]] = {}
        for fact, cited in sources.items():
            for one in cited:
                if id(one) not in verdicts:
                    verdicts[id(one)] = list(_survivors(procedure, one, runner, strict=strict))
                if verdicts[id(one)]:
                    unnoticed.setdefault(fact, []).extend(verdicts[id(one)])
    proven = [fact for fact in sources if not failures and fact not in unnoticed and fact not in excused]
    return Proof(
        procedure=procedure.id,
        enforced=tuple(sorted(proven)),
        cited=tuple(sorted(fact for fact in sources if fact not in proven and fact not in excused)),
        not_enforced=excused,
        unnoticed={fact: tuple(dict.fromkeys(lines)) for fact, lines in sorted(unnoticed.items())},
        failures=failures,
    )


def _sources(procedure: Procedure) -> dict[str, list[Cited]]:
    """By fact, the elements that cite it."""
    found: dict[str, list[Cited]] = {}
    for cited in elements(procedure):
        for fact in cited.element.source:
            found.setdefault(fact, []).append(cited)
    return found


def _survivors(procedure: Procedure, cited: Cited, runner: _Runner, *, strict: bool) -> Iterator[str]:
    """The changes of an element that no example notices."""
    taken_away = removal(procedure, cited)
    changes = list(figures(procedure, cited)) + ([taken_away] if taken_away else [])
    changes += variants(procedure, cited) if strict else ()
    if not changes:
        yield f"{written_place(procedure, cited.place)}: nothing of it can be changed"
    for change in changes:
        if not runner.notices(change):
            yield f"{change.place}: {change.what}"


class _Runner:
    """Runs the examples: those first that name what was changed, and of these those that noticed something lately."""

    def __init__(self, file: ExampleFile | None, calendars: Mapping[str, Calendar]) -> None:
        self._file, self._calendars = file, calendars
        self._order: list[Example] = list(file.examples) if file else []
        self._words = {one.id: frozenset(_WORD.findall(repr(one))) for one in self._order}

    def failures(self, procedure: Procedure) -> tuple[Failure, ...]:
        """What fails on a procedure as it is."""
        rules = WorldRules(procedure, self._calendars)
        return tuple(failure for example in self._order for failure in self._run(example, rules))

    def notices(self, change: Mutation) -> bool:
        """Whether some example fails on the changed procedure, or cannot be played on it at all."""
        rules = WorldRules(change.procedure, self._calendars)
        named = set(_WORD.findall(change.place))
        for example in sorted(self._order, key=lambda one: -len(named & self._words[one.id])):
            try:
                failed = bool(self._run(example, rules))
            except Exception:
                failed = True
            if failed:
                self._order.remove(example)
                self._order.insert(0, example)
                return True
        return False

    def _run(self, example: Example, rules: WorldRules) -> Sequence[Failure]:
        assert self._file is not None  # noqa: S101  (it holds the example)
        return run_example(example, self._file, rules).failures
