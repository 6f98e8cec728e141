"""What a listener who keeps books of the sla service's events knows, and what must never be said."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from tests.unit.sla.running import Received

Cycle = tuple[str, int]
OPEN, ENDED = "open", "ended"


@dataclass
class Ledger:
    """Books on every cycle: whether it is open, which breach of it stands, which steps were said of its due instant."""

    causes: set[tuple[str, str]] = field(default_factory=set)
    state: dict[Cycle, str] = field(default_factory=dict)
    breach: dict[Cycle, datetime | None] = field(default_factory=dict)
    steps: dict[Cycle, set[str]] = field(default_factory=lambda: defaultdict(set))
    due: dict[Cycle, datetime | None] = field(default_factory=dict)

    def note(self, event: Received) -> None:
        """Book an event; fails on what is said twice, too early, or of a cycle that nobody has heard of."""
        assert (event.type, event.cause) not in self.causes, f"said twice: {event.type} {event.cause}"
        self.causes.add((event.type, event.cause))
        cycle, due = (event.data["clock"], event.data["cycle"]), event.data["due_at"]
        if event.type == "Started":
            assert self.state.get(cycle) != OPEN, f"started twice: {cycle}"
            self.state[cycle] = OPEN
        assert cycle in self.state, f"never started: {event}"
        if due != self.due.get(cycle):
            self.steps[cycle].clear()
        self.due[cycle] = due
        match event.type:
            case "Breached" | "Warned":
                self._fired(event, cycle)
            case "BreachRetracted":
                assert self.breach.get(cycle) is not None, f"there was no breach to retract: {cycle}"
                self.breach[cycle] = None
                self.steps[cycle].discard("due")
            case "Met" | "StoppedLate" | "Cancelled":
                self.state[cycle] = ENDED

    def _fired(self, event: Received, cycle: Cycle) -> None:
        data = event.data
        assert data["step_due_at"] <= data["fired_at"], f"said too early: {event}"
        assert data["step"] not in self.steps[cycle], f"said twice: {event}"
        self.steps[cycle].add(data["step"])
        if event.type == "Breached":
            assert self.breach.get(cycle) is None, f"breached twice: {event}"
            assert data["step_due_at"] == data["due_at"], f"a breach comes at the due instant: {event}"
            self.breach[cycle] = data["due_at"]
