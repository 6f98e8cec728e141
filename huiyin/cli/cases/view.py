"""A case as a person reads it (pure): what the services answer, with the procedure's names, in its own time zone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from huiyin.cli.cases.labels import STATES_ZH, WORDS
from shared.business_time.zones import zone
from shared.procedures.milestones import QUALIFIED_BY, split
from shared.procedures.model import Procedure, Text
from shared.procedures.occurrence_words import OCCURRENCES_ZH

Language = Literal["zh", "en"]
Json = Mapping[str, Any]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_HIDDEN = frozenset(
    ("attributes", "missing", "case_number", "received_at", "channel", "clock", "started_at", "notice_id")
)
"""Details of an occurrence that the line shows already, or that stand above the timeline."""


@dataclass(frozen=True)
class Reader:
    """For whom: the procedure that gives the names and the zone (None: names stay ids, times are UTC), the language."""

    procedure: Procedure | None
    language: Language

    def word(self, name: str) -> str:
        """One of our own words."""
        return WORDS[name][0 if self.language == "zh" else 1]

    def text(self, text: Text) -> str:
        """A text of the procedure."""
        return text.zh if self.language == "zh" else text.en

    def name(self, part: str, id: str | None) -> str:
        """The name of an element of the procedure, its id if it has none."""
        if id is None:
            return "-"
        found = next((one for one in getattr(self.procedure, part, ()) if one.id == id), None)
        return self.text(found.name) if found is not None and hasattr(found, "name") else id

    def time(self, instant: str | None) -> str:
        """An instant in the procedure's zone, to the minute."""
        if instant is None:
            return "-"
        tz = zone(self.procedure.time_zone if self.procedure else "Etc/UTC")
        return datetime.fromisoformat(instant).astimezone(tz).strftime("%Y-%m-%d %H:%M")

    def due(self, instant: str | None) -> str:
        """A due instant; the end of a day is that day's 24:00, not the next day's 00:00."""
        if instant is None:
            return "-"
        shown = self.time(instant)
        if not shown.endswith(" 00:00"):
            return shown
        before = datetime.fromisoformat(instant) - timedelta(hours=12)
        return f"{self.time(before.isoformat())[:10]} 24:00"

    def state(self, state: str) -> str:
        """The state of a case, a clock or a notice."""
        return STATES_ZH.get(state, state) if self.language == "zh" else state

    def occurrence(self, text: str) -> str:
        """An occurrence with the name of what it is about: `assigned:centre` -> `assigned: District centre`."""
        name, qualifier = split(text)
        own = self.name("milestones", name)
        if own == name and self.language == "zh":
            own = OCCURRENCES_ZH.get(name, name)
        return own if qualifier is None else f"{own}: {self.name(QUALIFIED_BY.get(name, 'clocks'), qualifier)}"

    def value(self, field: str, value: object) -> str:
        """A coded value with its label."""
        spec = next((one for one in self.procedure.fields if one.id == field), None) if self.procedure else None
        for choice in spec.choices if spec else ():
            if choice.id == value:
                return self.text(choice.name)
        if isinstance(value, bool):
            return self.word("yes" if value else "no")
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    def label(self, field: str) -> str:
        """A field's label."""
        spec = next((one for one in self.procedure.fields if one.id == field), None) if self.procedure else None
        return self.text(spec.label) if spec else field


def heading(case: Json, read: Reader) -> Iterator[str]:
    """Number, state, whose case it is, its coded values."""
    name = read.text(read.procedure.name) if read.procedure else str(case["procedure"])
    tz = read.procedure.time_zone if read.procedure else "UTC"
    pin = f"{case['procedure']} v{case['procedure_version']}, {tz}"
    yield f"{case['case_number']}  {read.state(case['status'])}  {name} ({pin})"
    channel = read.name("channels", case["channel"])
    rows = [
        (read.word("case"), str(case["case_id"])),
        (read.word("received"), f"{read.time(case['received_at'])} {read.word('by')} {channel}"),
        (read.word("registered"), read.time(case["registered_at"])),
        (read.word("class"), read.name("classes", case.get("class"))),
        (read.word("department"), read.name("departments", case.get("department"))),
        (read.word("level"), read.name("levels", case.get("level"))),
    ]
    rows += [(read.label(field), read.value(field, value)) for field, value in case.get("attributes", {}).items()]
    if case.get("missing"):
        rows.append((read.word("missing"), ", ".join(map(read.label, case["missing"]))))
    if case.get("rule"):
        rows.append((read.word("rule"), str(case["rule"])))
    links = case.get("links") or {}
    if links.get("duplicate_of"):
        rows.append((read.word("duplicate_of"), str(links["duplicate_of"])))
    if links.get("same_matter"):
        rows.append((read.word("same_matter"), ", ".join(one["case_id"] for one in links["same_matter"])))
    if links.get("duplicates"):
        rows.append((read.word("duplicates"), ", ".join(links["duplicates"])))
    yield from aligned(rows)


def identity(case: Json, read: Reader) -> Iterator[str]:
    """What the vault holds of the case."""
    rows: list[tuple[str, str]] = []
    for field, value in case.get("identity", {}).items():
        if isinstance(value, list):  # a party: a line for each of its persons
            rows += [(read.name("parties", field), _person(read, field, one)) for one in value]
        else:
            rows.append((read.label(field), str(value)))
    yield from aligned(rows)


def _person(read: Reader, party: str, person: Json) -> str:
    specs = next((one.fields for one in read.procedure.parties if one.id == party), ()) if read.procedure else ()
    labels = {spec.id: read.text(spec.label) for spec in specs}
    return ", ".join(f"{labels.get(name, name)}: {value}" for name, value in person.items())


def clocks(answer: Json, read: Reader) -> Iterator[str]:
    """Every cycle of every clock: state, due instant, and how long that is from now."""
    now = datetime.fromisoformat(answer["now"])
    rows = []
    for clock in answer["clocks"]:
        due = clock["due_at"]
        parts = [read.state(clock["state"]), f"{read.word('due')} {read.due(due)}"]
        if due and clock["state"] in ("running", "breached"):
            parts.append(f"({distance(datetime.fromisoformat(due) - now, read)})")
        if clock.get("provisional"):
            parts.append(f"[{read.word('provisional')}]")
        if clock["cycle"] > 1:
            parts.insert(0, f"{read.word('cycle')} {clock['cycle']}")
        rows.append((read.name("clocks", clock["clock"]), "  ".join(parts)))
    yield from aligned(rows)


def distance(left: timedelta, read: Reader) -> str:
    """`3 d 4 h left` or `20 min over`: two units at most, of real length."""
    minutes = int(abs(left).total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    if days:
        amount = f"{days} d {hours} h"
    elif hours:
        amount = f"{hours} h {minutes % 60} min"
    else:
        amount = f"{minutes} min"
    word = read.word("left" if left >= timedelta() else "over")
    return f"{word} {amount}" if read.language == "zh" else f"{amount} {word}"


def timeline(occurrences: Iterable[Json], read: Reader) -> Iterator[str]:
    """One line for each occurrence: when, what, which service emitted it, and its details."""
    for one in occurrences:
        details = "  ".join(
            f"{name}={read.due(value) if name.endswith('_at') or name == 'at' else _told(value)}"
            for name, value in one.get("details", {}).items()
            if name not in _HIDDEN
            and value not in (None, [], {}, "", False, split(one["occurrence"])[1])
            and not (name == "cause" and _UUID.fullmatch(str(value)))
        )
        line = f"  {read.time(one['happened_at'])}  {read.occurrence(one['occurrence'])}  ({one['by']})  {details}"
        yield line.rstrip()


def _told(value: object) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ",".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def notices(found: Iterable[Json], read: Reader) -> Iterator[str]:
    """One line for each notice: when, which, to whom, what became of it."""
    for one in found:
        name = read.name("notices", one["notice"])
        state = read.state(one["state"])
        end = f"{state} ({one['reason']})" if one.get("reason") else state
        yield f"  {read.time(one['occurred_at'])}  {name} -> {one.get('addressee') or one['to']}  {end}"


def aligned(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Two columns; a Chinese character takes two places."""
    rows = list(rows)
    wide = max((_width(name) for name, _ in rows), default=0)
    for name, value in rows:
        indented = value.replace("\n", "\n" + " " * (wide + 4))
        yield f"  {name}{' ' * (wide - _width(name))}  {indented}"


def _width(text: str) -> int:
    from rich.cells import cell_len

    return cell_len(text)


def list_lines(cases: Sequence[Json], reader_of: Callable[[Json], Reader]) -> Iterator[str]:
    """One line for each case, received in its procedure's zone; `Z` marks UTC where the procedure is not known."""
    for case in cases:
        read = reader_of(case)
        received = read.time(case["received_at"]) + ("" if read.procedure else "Z")
        where = case.get("department") or "-"
        yield f"{case['case_number']}  {case['status']:<22}  {received:<17}  {where:<24}  {case['case_id']}"
