"""`huiyin calendar list`, `show` and `load`: the working calendars that deadlines are counted on."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from huiyin.cli.options import Lang, LangOption
from huiyin.cli.rules.folders import calendars_folder
from shared.errors import Conflict, NotFound, StackError

if TYPE_CHECKING:
    from shared.business_time.calendars import Calendar, Name, Window

_LOOK_AHEAD_YEARS = 3

HomeOption = Annotated[Path | None, typer.Option("--home", help="home folder of the stack; default HUIYIN_HOME")]
JsonOption = Annotated[bool, typer.Option("--json", help="as JSON")]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    group = typer.Typer(no_args_is_help=True, help="working calendars: hours, holidays, make-up workdays")
    group.command("list")(list_calendars)
    group.command("show")(show)
    group.command("load")(load)
    app.add_typer(group, name="calendar")


def list_calendars(home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the calendars: those that come with Huiyin and those of the calendars folder."""
    rows = [
        {
            "id": calendar.id,
            "version": calendar.version,
            "time_zone": calendar.time_zone,
            "published_until": calendar.published_until.isoformat() if calendar.published_until else None,
            "zh": calendar.name.zh,
            "en": calendar.name.en,
        }
        for calendar in sorted(_calendars(home).values(), key=lambda calendar: calendar.id)
    ]
    if as_json:
        print(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        until = f"official until {row['published_until']}" if row["published_until"] else ""
        print("  ".join(part for part in _padded(row, until) if part.strip()).rstrip())


def show(
    calendar_id: Annotated[str, typer.Argument(metavar="ID")],
    year: Annotated[int | None, typer.Option(min=1900, max=2200, help="default: the present year")] = None,
    lang: LangOption = Lang.en,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a calendar's hours, and a year of it: holidays, make-up workdays, special hours, working days a month."""
    from shared.business_time.clock import RealClock

    calendar = _calendars(home).get(calendar_id)
    if calendar is None:
        raise NotFound("there is no such calendar", field="calendar", hint="huiyin calendar list shows them")
    facts = _year(calendar, year or RealClock().now().year, lang.value)
    if as_json:
        print(json.dumps(facts, ensure_ascii=False))
        return
    print(f"{facts['id']} {facts['version']}  {facts['name']}  {facts['time_zone']}")
    for day, hours in facts["week"].items():
        print(f"  {day}  {_hours_text(hours)}")
    print(
        f"{facts['year']}"
        + ("  (holidays of some dates are not published yet: provisional)" if facts["provisional"] else "")
    )
    for kind in ("holidays", "makeup_workdays"):
        for day, name in facts[kind].items():
            print(f"  {day}  {'-' if kind == 'holidays' else '+'}  {name}")
    for day, hours in facts["special_hours"].items():
        print(f"  {day}  {_hours_text(hours)}")
    print("  working days a month: " + " ".join(str(count) for count in facts["working_days"]))


def load(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="a calendar as YAML")],
    home: HomeOption = None,
    wait: Annotated[bool, typer.Option(help="wait until open clocks are recomputed")] = True,
) -> None:
    """Check a calendar file and put it into the calendars folder; running services take it within two seconds.

    The file is a whole calendar, or `extends` one that is there by some dates (see docs/changing-rules.md).
    """
    from huiyin.cli.rules.calendar_wait import Recomputing
    from shared.business_time.clock import RealClock
    from shared.business_time.compiled import compiled
    from shared.business_time.loader import document_from, is_extension, load_calendars, read_calendar

    folder = calendars_folder(home)
    known = load_calendars(folder)
    calendar = read_calendar(file, known)
    target = folder / f"{calendar.id}.yaml"
    for other in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
        if other != target and read_calendar(other, known).id == calendar.id:
            raise Conflict("another file of the calendars folder has the same id", field=other.name)
    present = known.get(calendar.id)
    if present is not None and present.version == calendar.version and present != calendar:
        raise Conflict("this version is loaded with other content", field="version", hint="give it a new version")
    recomputing = Recomputing.of(calendar, home) if wait and present != calendar else None
    axis, today = compiled(calendar), RealClock().now()
    for day, seconds in axis.altered_days(today.date(), date(today.year + _LOOK_AHEAD_YEARS, 12, 31)):
        change = f"{abs(seconds) // 60:.0f} minutes {'less' if seconds < 0 else 'more'}"
        print(f"note: on {day} the zone's clocks change during opening hours: {change}")
    _put(target, _as_whole(calendar) if is_extension(document_from(file)) else file.read_bytes())
    print(f"{calendar.id} {calendar.version} loaded into {target}")
    if recomputing is not None:
        recomputing.wait()


def _put(target: Path, content: bytes) -> None:
    """Replace a file in one step, so that whoever watches the folder never reads a part of it."""
    part = target.with_suffix(".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(target)
    except OSError as error:
        raise StackError(
            f"the calendars folder cannot be written to ({error.strerror})", hint="put the file there by hand"
        ) from None


def _as_whole(calendar: Calendar) -> bytes:
    """A calendar as a file of its own: what it was extended from may change later."""
    import yaml

    from shared.business_time.loader import document_of

    text: str = yaml.safe_dump(document_of(calendar), allow_unicode=True, sort_keys=False, default_flow_style=None)
    return text.encode()


def _year(calendar: Calendar, year: int, lang: Literal["zh", "en"]) -> dict[str, Any]:
    from shared.business_time.calendars import WEEKDAYS
    from shared.business_time.compiled import compiled

    def named(dates: Any) -> dict[str, str]:
        return {day.isoformat(): _named(name, lang) for day, name in sorted(dates.items()) if day.year == year}

    axis, first = compiled(calendar), date(year, 1, 1)
    days = [first + timedelta(days=offset) for offset in range((date(year + 1, 1, 1) - first).days)]
    return {
        "id": calendar.id,
        "version": calendar.version,
        "name": _named(calendar.name, lang),
        "time_zone": calendar.time_zone,
        "year": year,
        "provisional": calendar.is_provisional(first, days[-1]),
        "week": {day: _hours(windows) for day, windows in zip(WEEKDAYS, calendar.week, strict=True)},
        "holidays": named(calendar.holidays),
        "makeup_workdays": named(calendar.makeup_workdays),
        "special_hours": {
            day.isoformat(): _hours(windows)
            for day, windows in sorted(calendar.special_hours.items())
            if day.year == year
        },
        "working_days": [
            sum(axis.is_working_day(day.toordinal()) for day in days if day.month == month) for month in range(1, 13)
        ],
    }


def _calendars(home: Path | None) -> dict[str, Calendar]:
    from shared.business_time.loader import load_calendars

    return load_calendars(calendars_folder(home))


def _padded(row: dict[str, str | None], until: str) -> list[str]:
    return [
        f"{row['id']:<12}",
        f"{row['version']:<8}",
        f"{row['time_zone']:<16}",
        f"{until:<26}",
        f"{row['zh']} {row['en']}",
    ]


def _named(name: Name, lang: Literal["zh", "en"]) -> str:
    return name.zh if lang == "zh" else name.en


def _hours(windows: tuple[Window, ...]) -> list[list[str]]:
    return [[_time(opens), _time(closes)] for opens, closes in windows]


def _hours_text(hours: list[list[str]]) -> str:
    return " ".join(f"{opens}-{closes}" for opens, closes in hours) or "closed"


def _time(us: int) -> str:
    minutes, seconds = divmod(us // 1_000_000, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
