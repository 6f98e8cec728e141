"""The record of a step as SQL, rendered from what `envelope.encode` writes of one.

`sql/fire_timers.sql` holds it, and a test compares the two; `python -m services.sla.store.record_sql` prints it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

from services.sla.domain.cycle_state import CycleKey
from shared.events.deadlines import ClockBreached
from shared.events.envelope import encode, make

_TIME, _TARGET, _DUE = (datetime(year, 1, 1, 1, 1, 1, tzinfo=UTC) for year in (1111, 1112, 1113))
_SUBJECT = UUID(int=1)
_NUMBERS = {"cycle": 700_000_001, "version": 700_000_002, "sequence": 700_000_003, "late": 700_000_004.5}
_CLOCK, _STEP, _PROCEDURE = "CLOCK", "STEP", "PROCEDURE"
_QUOTE = "'"


def rendered(type_: str) -> dict[str, str]:
    """The expressions: the whole `record`, and the parts of it that are the same on a page: `type_to_subject`,
    `subject_to_key`, `fired_to_late`. `type_` is the variable that holds the event's type."""
    pieces = _pieces(type_)
    subject, key = (place for place, piece in enumerate(pieces) if piece == "subject")
    event, fired, late = pieces.index("event_id"), pieces.index("due_text"), pieces.index("late")
    spans = {
        "type_to_subject": (event + 1, subject),
        "subject_to_key": (subject + 1, key),
        "fired_to_late": (fired + 1, late),
    }
    parts = {name: _joined(pieces[begin:end]) for name, (begin, end) in spans.items()}
    record = list(pieces)
    for name, (begin, end) in reversed(spans.items()):
        record[begin:end] = [name]
    return {"record": _joined(record), **parts}


def _pieces(type_: str) -> list[str]:
    """The record as SQL literals (with their quotes) and names of columns, in turn."""
    data = ClockBreached(
        clock=_CLOCK,
        cycle=int(_NUMBERS["cycle"]),
        due_at=_TARGET,
        provisional=True,
        step=_STEP,
        step_due_at=_DUE,
        fired_at=_TIME,
        late_by=_NUMBERS["late"],
    )
    cause = f"{CycleKey(_CLOCK, data.cycle)}|{_STEP}|{_TARGET.isoformat()}"
    event = make("sla", _SUBJECT, (_PROCEDURE, int(_NUMBERS["version"])), data, cause=cause, at=_TIME)
    text = encode(event.numbered(int(_NUMBERS["sequence"]))).decode()
    columns = {
        str(event.id): "event_id",
        event.type: type_,
        str(_SUBJECT): "subject",
        f"{_TIME:%Y-%m-%dT%H:%M:%S}": "time_",
        f"{_TARGET:%Y-%m-%dT%H:%M:%S}": "target_text",
        f"{_DUE:%Y-%m-%dT%H:%M:%S}": "due_text",
        _CLOCK: "clock",
        _STEP: "step",
        _PROCEDURE: "procedure",
        '"provisional":true': "provisional",
        **{str(number): name for name, number in _NUMBERS.items()},
    }
    found: list[str] = []
    for part in re.split(f"({'|'.join(map(re.escape, columns))})", text):
        if part == '"provisional":true':
            found[-1] = found[-1][:-1] + '"provisional":' + _QUOTE
            found.append("provisional")
        elif part in columns:
            found.append(columns[part])
        else:
            found.append(_QUOTE + part + _QUOTE)
    return found


def _joined(pieces: list[str]) -> str:
    return " || ".join(pieces)


if __name__ == "__main__":
    for name, expression in rendered("breached").items():
        print(f"{name} := {expression};\n")
