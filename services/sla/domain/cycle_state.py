"""What is remembered of a clock's cycle: what was emitted of it, and which steps are armed. Stored as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

End = Literal["met", "late", "cancelled"]


class CycleKey(NamedTuple):
    """A cycle of a clock, counted from 1. As text, in stored JSON and in the causes of events: `reply#1`."""

    clock: str
    cycle: int

    def __str__(self) -> str:
        return f"{self.clock}#{self.cycle}"

    @classmethod
    def parse(cls, text: str) -> CycleKey:
        """The key in a text; raises `ValueError` for any other text."""
        clock, _, cycle = text.rpartition("#")
        return cls(clock, int(cycle))


class RuleVersions(NamedTuple):
    """By what a cycle was decided: `calendar` is `id@version`, `procedure` the version's number."""

    calendar: str
    procedure: int


class ArmedStep(NamedTuple):
    """A step that is left to the timers, with its instant (UTC). `plain`: a timer emits it without a decision."""

    id: str
    at: datetime
    plain: bool


class Repeated(NamedTuple):
    """How often a repeating clock was due by the last decision, 1 while it was due once, counted of one due instant."""

    due_at: datetime | None
    times: int


ONCE: Final = Repeated(None, 1)


@dataclass(frozen=True, slots=True)
class CycleState:
    """A cycle as the last decision left it; all instants are UTC.

    `announced`: whether anything was emitted of it; one that ended before anybody heard of it was not. `due_at`,
    `provisional`, `extensions`, `paused_since` and `end` are what was emitted last. `ended_at` and `versions`: when it
    ended, and by which rules it was decided. `fired`: steps that were emitted or passed over, with the due instant that
    each belonged to. `dues`: due instants that held before. `edition`: counts what was emitted of a due instant that
    came back. `generation`: 1 when it is first armed, one more with each change of its steps.
    """

    due_at: datetime | None
    end: End | None
    provisional: bool
    versions: RuleVersions
    ended_at: datetime | None = None
    announced: bool = True
    extensions: int = 0
    paused_since: datetime | None = None
    fired: Mapping[str, datetime] = field(default_factory=dict)
    repeated: Repeated = ONCE
    dues: tuple[datetime, ...] = ()
    edition: int = 0
    armed: tuple[ArmedStep, ...] = ()
    generation: int = 0


CycleStates = Mapping[CycleKey, CycleState]


def to_json(states: CycleStates) -> dict[str, dict[str, Any]]:
    """The stored form, by `<clock>#<cycle>`; what has its usual value is left out."""
    return {str(key): _encoded(state) for key, state in states.items()}


def from_json(stored: Mapping[str, Mapping[str, Any]]) -> dict[CycleKey, CycleState]:
    """What `to_json` has written."""
    return {CycleKey.parse(key): _decoded(state) for key, state in stored.items()}


def _encoded(state: CycleState) -> dict[str, Any]:
    ended = {"ended": state.ended_at.isoformat()} if state.ended_at is not None else {}
    grounds = {"provisional": state.provisional, "on": list(state.versions), **ended}
    if not state.announced:
        return {"due": _text(state.due_at), "end": state.end, **grounds}
    repeated = {"repeated": [_text(state.repeated.due_at), state.repeated.times]} if state.repeated.times > 1 else {}
    return {
        "due": _text(state.due_at),
        "extensions": state.extensions,
        "paused": _text(state.paused_since),
        "fired": {step: at.isoformat() for step, at in state.fired.items()},
        **repeated,
        **({"dues": [at.isoformat() for at in state.dues]} if state.dues else {}),
        **({"edition": state.edition} if state.edition else {}),
        "end": state.end,
        "armed": [[step.id, step.at.isoformat(), step.plain] for step in state.armed],
        "generation": state.generation,
        **grounds,
    }


def _decoded(stored: Mapping[str, Any]) -> CycleState:
    due, times = stored.get("repeated", (None, 1))
    return CycleState(
        due_at=_instant(stored["due"]),
        end=stored["end"],
        provisional=stored["provisional"],
        versions=RuleVersions(*stored["on"]),
        ended_at=_instant(stored.get("ended")),
        announced="fired" in stored,
        extensions=stored.get("extensions", 0),
        paused_since=_instant(stored.get("paused")),
        fired={step: datetime.fromisoformat(at) for step, at in stored.get("fired", {}).items()},
        repeated=Repeated(_instant(due), times),
        dues=tuple(_instants(stored.get("dues", ()))),
        edition=stored.get("edition", 0),
        armed=tuple(ArmedStep(id_, datetime.fromisoformat(at), plain) for id_, at, plain in stored.get("armed", ())),
        generation=stored.get("generation", 0),
    )


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None


def _instants(texts: Iterable[str]) -> Iterable[datetime]:
    return (datetime.fromisoformat(text) for text in texts)
