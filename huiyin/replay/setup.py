"""From what the caller chose to what a replay needs: the procedure, its calendars, the columns of the file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from huiyin.cli.rules.folders import calendars_folder, procedures_folder
from huiyin.replay.cases import Columns
from huiyin.replay.cells import Facts, Moments
from huiyin.replay.rules import chosen, of_targets, require_occurrence, targets
from shared.business_time.calendars import Calendar
from shared.business_time.due import TimeBasis
from shared.business_time.loader import load_calendars
from shared.business_time.zones import zone
from shared.errors import CalendarError, InvalidInput, NotFound, ProcedureError
from shared.procedures.check import check_procedure
from shared.procedures.fields import Unreadable, normalized_name
from shared.procedures.loader import load_library, load_procedure
from shared.procedures.model import Procedure

_DEFAULT_CALENDAR = "cn"


@dataclass(frozen=True)
class Choices:
    """What the caller chose, beside the file. `lines`: write a line per case and clock to `output`.
    `workers`: processes; None for as many as the cases are worth."""

    columns: Columns
    procedure: str | None
    clocks: tuple[str, ...]
    durations: tuple[str, ...]
    calendar: str | None
    time_basis: TimeBasis
    until: str | None
    time_zone: str | None
    midnight_is_day: bool
    date_format: str | None
    sheet: str | None
    refused: Path | None
    output: Path | None
    lines: bool
    workers: int | None = None


def rules(choices: Choices) -> tuple[Procedure, dict[str, Calendar]]:
    """The procedure to judge by, with the clocks asked for, and the calendars by id.

    Without a procedure the days of the targets are counted in `--time-zone`. Raises naming the option.
    """
    columns = choices.columns
    if choices.time_zone is not None:
        _require_zone(choices.time_zone)
    calendars = load_calendars(calendars_folder())
    if choices.calendar is not None and choices.calendar not in calendars:
        raise InvalidInput(
            "there is no such calendar", field="--calendar", hint=f"there are: {', '.join(sorted(calendars))}"
        )
    further = targets(
        choices.durations,
        due=columns.due is not None,
        until=columns.answered_as,
        time_basis=choices.time_basis,
        calendar=choices.calendar,
    )
    if choices.calendar is not None and not further:
        raise InvalidInput("this is the calendar of --duration or --due, and neither is given", field="--calendar")
    if choices.procedure is not None:
        procedure = _named(choices.procedure)
    elif choices.clocks:
        raise InvalidInput("the clock of which procedure?", field="--clock", hint="name it: --procedure ID")
    elif not further:
        raise InvalidInput(
            "by which targets?", field="--procedure", hint="--procedure ID, --duration P15WD or --due COL"
        )
    else:
        name = choices.calendar or _DEFAULT_CALENDAR
        if choices.time_zone is not None:
            calendars[name] = dataclasses.replace(calendars[name], time_zone=choices.time_zone)
        procedure = of_targets((), name, calendars[name].time_zone)
    procedure = chosen(procedure, choices.clocks, further, calendars)
    require_occurrence(procedure, columns.answered_as, "--answered-as")
    for name, _ in columns.milestones:
        require_occurrence(procedure, name, "--milestone")
    return procedure, calendars


def _require_zone(name: str) -> None:
    try:
        zone(name)
    except CalendarError as error:
        raise InvalidInput(error.message, field="--time-zone", hint=error.hint) from None


def _named(name: str) -> Procedure:
    if not name.endswith((".yaml", ".yml")):
        try:
            return load_library(procedures_folder()).get(name)
        except NotFound as error:
            raise InvalidInput(error.message, field="--procedure", hint=error.hint) from None
    try:
        procedure = load_procedure(Path(name))
    except ProcedureError as error:
        raise ProcedureError(error.message, field=f"--procedure {error.field}", hint=error.hint) from None
    if mistakes := [f"{one.path}: {one.en}" for one in check_procedure(procedure) if one.severity == "error"]:
        raise ProcedureError("\n".join(mistakes), field="--procedure", hint="`huiyin procedure check` shows them")
    return procedure


def found(columns: Columns, there: Sequence[str], facts: Facts) -> Columns:
    """The columns by their names in the file, and the facts of the options as values.

    Width, case, blanks, underscores and hyphens do not count. Raises `InvalidInput` naming the option.
    """
    by_name: dict[str, list[str]] = {}
    for name in there:
        by_name.setdefault(normalized_name(name), []).append(name)

    def name_of(option: str, wanted: str) -> str:
        exact = [name for name in there if name == wanted]
        same = exact or by_name.get(normalized_name(wanted), [])
        if not same:
            hint = f"the columns are: {', '.join(name for name in there if name)}"
            raise InvalidInput("the file has no such column", field=option, hint=hint)
        if len(same) > 1:
            raise InvalidInput("two columns of the file have this name", field=option)
        return same[0]

    def optional(option: str, wanted: str | None) -> str | None:
        return None if wanted is None else name_of(option, wanted)

    for name in columns.facts:
        facts.require(name, f"--map {name}")
    return dataclasses.replace(
        columns,
        received=name_of("--received", columns.received),
        answered=name_of("--answered", columns.answered),
        milestones=tuple((name, optional(f"--milestone {name}", column)) for name, column in columns.milestones),
        due=optional("--due", columns.due),
        case=optional("--case", columns.case),
        by=optional("--by", columns.by),
        facts={name: name_of(f"--map {name}", column) for name, column in columns.facts.items()},
        constants={name: facts.constant(name, text) for name, text in columns.constants.items()},
    )


def end_of(text: str | None, moments: Moments) -> datetime | None:
    """The instant of `--until` (UTC); a date alone is its end. None if none is given."""
    if text is None:
        return None
    try:
        return moments.moment(text).last
    except Unreadable as refusal:
        raise InvalidInput(refusal.message, field="--until") from None


def by_name(calendars: Mapping[str, Calendar], procedure: Procedure) -> dict[str, Calendar]:
    """The calendar of each clock, by the clock's id."""
    return {one.id: calendars[one.calendar or procedure.calendar] for one in procedure.clocks}
