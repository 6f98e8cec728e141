"""`huiyin report list`, `show`, `sign-off`, `recount`: what an office makes again and again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from huiyin.cli.options import Lang, LangOption, pairs
from huiyin.cli.rules.folders import procedures_folder
from shared.errors import Conflict, InvalidInput, NotFound

if TYPE_CHECKING:
    from huiyin.cli.cases.view import Reader
    from huiyin.cli.reports.sheets import Sheet
    from shared.procedures.model import FieldSpec, Procedure

_PAGE = 500
HomeOption = Annotated[Path | None, typer.Option(help="home folder of the running stack")]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="write a CSV file")]
XlsxOption = Annotated[Path | None, typer.Option("--xlsx", help="write a workbook")]
ProcedureOption = Annotated[str | None, typer.Option(help="id of a procedure, where several have such a report")]
ReportArgument = Annotated[str, typer.Argument(help="id of a report in its procedure, or of one of its periods (UUID)")]
PeriodArgument = Annotated[str | None, typer.Argument(help="2025-03, 2025-Q1, 2025-W10, 2025-03-H1 …; last if none")]
OfficeOption = Annotated[str | None, typer.Option(help="whose it is, where each office makes its own")]
RoundOption = Annotated[int, typer.Option(min=1, help="which of several in the period")]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    report = typer.Typer(no_args_is_help=True, help="recurring reports: due, counted, signed off")
    report.command("list")(list_)
    report.command()(show)
    report.command("sign-off")(sign_off)
    report.command()(recount)
    app.add_typer(report, name="report")


def list_(
    state: Annotated[str | None, typer.Option(help="open, ready, overdue or made")] = None,
    procedure: Annotated[str | None, typer.Option(help="id of a procedure")] = None,
    report: Annotated[str | None, typer.Option(help="id of a report")] = None,
    period: Annotated[str | None, typer.Option(help="2025-03, 2025-Q1 …")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many")] = 50,
    lang: LangOption = Lang.en,
    csv: CsvOption = None,
    xlsx: XlsxOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Reports, those due first at the head; times are in each procedure's zone."""
    from huiyin.cli.client import Connection
    from huiyin.cli.reports import view
    from huiyin.cli.reports.sheets import Sheet

    query = {"state": state, "procedure": procedure, "report": report, "period": period}
    with Connection(home).open("intake") as intake:
        found = _pages(lambda **page: intake.get("/v1/reports", **query, **page), "reports", limit)
    read_of = _readers(lang, home)
    anybody = read_of(found[0]) if found else _reader({}, lang, home)
    rows = [view.list_row(row, read_of(row)) for row in found]
    sheet = Sheet("reports", view.list_header(anybody), rows)
    _give(found, [sheet], csv, xlsx, as_json=as_json)
    if not (as_json or csv or xlsx):
        _print(view.table(sheet.header, rows) if rows else ["no such reports"])


def show(
    report: ReportArgument,
    period: PeriodArgument = None,
    procedure: ProcedureOption = None,
    round: RoundOption = 1,
    office: OfficeOption = None,
    edition: Annotated[int | None, typer.Option(min=1, help="figures as they were counted then; default: last")] = None,
    cases: Annotated[bool, typer.Option("--cases", help="also the cases that it lists")] = False,
    purpose: Annotated[str | None, typer.Option(help="also what a person wrote; a code like review, recorded")] = None,
    lang: LangOption = Lang.en,
    csv: CsvOption = None,
    xlsx: XlsxOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """A report with its figures; shares stand beside the numbers that they are of."""
    from huiyin.cli.client import Connection
    from huiyin.cli.reports import view

    with Connection(home).open("intake") as intake:
        id = _find(intake.get, report, period, procedure, round, office)
        row = intake.get(f"/v1/reports/{id}", purpose=purpose)
        listed = _pages(lambda **page: intake.get(f"/v1/reports/{id}/cases", **page), "cases") if cases else []
    read = _reader(row, lang, home)
    shown = _edition(row, edition)
    sheets = _sheets(row, shown, listed, read, with_cases=cases)
    _give(row | ({"cases": listed} if cases else {}), sheets, csv, xlsx, as_json=as_json)
    if as_json or csv or xlsx:
        return
    _print([view.title(row, read)])
    lines = [*view.heading(row, read), *(view.counted(shown, read) if shown else ())]
    _print(view.table(lines[0], lines[1:]))
    for sheet in sheets[1:]:
        _print(["", *view.table(sheet.header, sheet.rows)])


def sign_off(
    report: ReportArgument,
    by: Annotated[str, typer.Option(help="the office that makes it")],
    period: PeriodArgument = None,
    procedure: ProcedureOption = None,
    round: RoundOption = 1,
    person: Annotated[str | None, typer.Option(help="staff id of who signs")] = None,
    field: Annotated[list[str] | None, typer.Option(help="name=value; may be given several times")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Sign a report off: the office has made it, with what it writes."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        id = _find(intake.get, report, period, procedure, round, by)
        row = intake.get(f"/v1/reports/{id}")
        body = {"by": by, "fields": _fields(_procedure(row, home), row["report"], field or [])}
        answer = intake.post(f"/v1/reports/{id}/sign-off", body | ({"person": person} if person else {}))
    print(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else _noted(answer))


def recount(
    report: ReportArgument,
    by: Annotated[str, typer.Option(help="the office that makes it")],
    period: PeriodArgument = None,
    procedure: ProcedureOption = None,
    round: RoundOption = 1,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Have a report's figures counted anew, as the next edition; those before stay."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        id = _find(intake.get, report, period, procedure, round, by)
        answer = intake.post(f"/v1/reports/{id}/editions", {"by": by})
    print(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else _noted(answer))


def _noted(row: dict[str, Any]) -> str:
    return f"{row['report']} {row['period']}: {row['state']}, edition {row['edition']}"


def _pages(get: Callable[..., Any], part: str, limit: int | None = None) -> list[dict[str, Any]]:
    """Everything that pages of an answer hold, up to a limit."""
    found: list[dict[str, Any]] = []
    after: str | None = None
    while limit is None or len(found) < limit:
        page = get(limit=_PAGE if limit is None else min(limit - len(found), _PAGE), after=after)
        found += page[part]
        after = page["next"]
        if after is None:
            break
    return found


def _find(
    get: Callable[..., Any], report: str, period: str | None, procedure: str | None, round: int, office: str | None
) -> str:
    """The id of a report by its own, or by its procedure's id for it and its period; `get` asks intake.

    Without a period: of the last one that has begun. `office`: where each makes its own, that one's. Raises `NotFound`,
    or `Conflict` where two procedures have it, or it is not said whose is meant.
    """
    try:
        return str(UUID(report))
    except ValueError:
        query = {"report": report, "period": period, "procedure": procedure}
        found = _pages(lambda **page: get("/v1/reports", **query, **page), "reports")
    found = [one for one in found if one["round"] == round and one["office"] in (None, office or one["office"])]
    if not found:
        raise NotFound("there is no such report", field="REPORT", hint="see `huiyin report list`")
    if len({one["procedure"] for one in found}) > 1:
        raise Conflict("several procedures have such a report", field="REPORT", hint="name one with --procedure")
    last = max(str(one["first_day"]) for one in found)
    of_period = [one for one in found if one["first_day"] == last]
    if len(of_period) > 1:
        raise Conflict("each office makes its own", field="--office", hint="say whose is meant")
    return str(of_period[0]["report_id"])


def _edition(row: dict[str, Any], number: int | None) -> dict[str, Any] | None:
    editions: list[dict[str, Any]] = row["editions"]
    if number is None:
        return editions[-1] if editions else None
    found = next((one for one in editions if one["edition"] == number), None)
    if found is None:
        raise NotFound("there is no such edition", field="--edition")
    return found


def _sheets(
    row: dict[str, Any],
    edition: dict[str, Any] | None,
    listed: Sequence[dict[str, Any]],
    read: Reader,
    *,
    with_cases: bool,
) -> list[Sheet]:
    from huiyin.cli.reports import view
    from huiyin.cli.reports.sheets import Sheet

    lines = [*view.heading(row, read), *(view.counted(edition, read) if edition else ())]
    sheets = [Sheet(str(row["period"]), [view.title(row, read)], lines)]
    if edition is not None and edition["figures"]:
        rows = list(view.figure_rows(row, edition, read))
        sheets.append(Sheet(view.word("figure", read), view.figure_header(edition, read), rows))
    if with_cases:
        rows = [view.case_row(case, read) for case in listed]
        sheets.append(Sheet(view.word("cases", read), view.case_header(read), rows))
    return sheets


def _give(found: object, sheets: Sequence[Sheet], csv: Path | None, xlsx: Path | None, *, as_json: bool) -> None:
    from huiyin.cli.reports.sheets import write_csv, write_xlsx

    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    if csv is not None:
        write_csv(csv, sheets)
    if xlsx is not None:
        write_xlsx(xlsx, sheets)


def _fields(procedure: Procedure | None, report: str, given: Sequence[str]) -> dict[str, Any]:
    """Values as an import reads them, by the report's fields."""
    specs = {
        spec.id: spec for one in (procedure.reports if procedure else ()) if one.id == report for spec in one.fields
    }
    return {name: _read(procedure, specs.get(name), name, value) for name, value in pairs(given, "--field")}


def _read(procedure: Procedure | None, spec: FieldSpec | None, name: str, value: str) -> str | int | bool:
    from huiyin.tabular.text_rows import EXCEL_EPOCH
    from huiyin.tabular.values import Reading
    from shared.business_time.zones import zone
    from shared.procedures.fields import Unreadable

    if spec is None:
        return value
    try:
        return Reading(zone(procedure.time_zone if procedure else "Etc/UTC"), EXCEL_EPOCH).value(spec, value)
    except Unreadable as refusal:
        raise InvalidInput(refusal.message, field=name) from None


def _readers(lang: Lang, home: Path | None) -> Callable[[dict[str, Any]], Reader]:
    known: dict[tuple[str, int], Reader] = {}

    def reader_of(row: dict[str, Any]) -> Reader:
        pin = (row["procedure"], row["procedure_version"])
        if pin not in known:
            known[pin] = _reader(row, lang, home)
        return known[pin]

    return reader_of


def _reader(row: dict[str, Any], lang: Lang, home: Path | None) -> Reader:
    from huiyin.cli.cases.view import Reader

    return Reader(_procedure(row, home), lang.value)


def _procedure(row: dict[str, Any], home: Path | None) -> Procedure | None:
    from shared.procedures.loader import load_library

    try:
        return load_library(procedures_folder(home)).get(row.get("procedure", ""), row.get("procedure_version"))
    except NotFound:
        return None


def _print(lines: Any) -> None:
    for line in lines:
        print(line)
