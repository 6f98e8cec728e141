"""`huiyin case show`, `case list`, `case report`: cases as the services know them, and a department's report."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from huiyin.cli.options import Lang, LangOption, pairs
from huiyin.cli.rules.folders import procedures_folder
from shared.errors import Conflict, Forbidden, HuiyinError, InvalidInput, NotFound, NotYet

if TYPE_CHECKING:
    from huiyin.cli.cases.view import Language, Reader
    from huiyin.cli.client import Connection
    from shared.procedures.model import FieldSpec, Procedure

_PAGE = 500
_TRIES = 20
_WAIT_SECONDS = 0.25
HomeOption = Annotated[Path | None, typer.Option(help="home folder of the running stack")]
CaseArgument = Annotated[str, typer.Argument(help="the case's id or its number")]
JsonOption = Annotated[bool, typer.Option("--json", help="for programs")]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    case = typer.Typer(no_args_is_help=True, help="look at cases, report milestones")
    case.command()(show)
    case.command("list")(list_)
    case.command()(report)
    from huiyin.cli.cases import documents, repeated, same_matter

    documents.register(case)
    repeated.register(case)
    same_matter.register(case)
    app.add_typer(case, name="case")


def show(
    case: CaseArgument,
    lang: LangOption = Lang.en,
    identity: Annotated[bool, typer.Option("--identity", help="also what the vault holds; recorded there")] = False,
    purpose: Annotated[str | None, typer.Option(help="why the identity is read, as a code like call-back")] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """A case with its clocks, its timeline and its notices; times are in the procedure's zone."""
    from huiyin.cli.cases import view
    from huiyin.cli.client import Connection

    if identity and not purpose:
        raise InvalidInput("reading an identity states its purpose", field="--purpose", hint="--purpose call-back")
    connection = Connection(home)
    with connection.open("intake") as intake:
        case_id = find(intake.get, case)
        query: dict[str, Any] = {"identity": "true", "purpose": purpose} if identity else {}
        found = intake.get(f"/v1/cases/{case_id}", **query)
        occurrences = intake.get(f"/v1/cases/{case_id}/timeline")["occurrences"]
    clocks = _elsewhere(connection, "sla", f"/v1/cases/{case_id}/clocks")
    notices = _elsewhere(connection, "notify", "/v1/notices", case=case_id)
    if as_json:
        document = {"case": found, "clocks": clocks, "timeline": occurrences, "notices": notices}
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return
    read = _reader(found, lang.value, home)
    _print(view.heading(found, read))
    if identity:
        _part(read.word("identity"), view.identity(found, read), read)
    _part(read.word("clocks"), _or_error(clocks, lambda answer: view.clocks(answer, read)), read)
    _part(read.word("timeline"), view.timeline(occurrences, read), read)
    _part(read.word("notices"), _or_error(notices, lambda answer: view.notices(answer["notices"], read)), read)


def list_(
    state: Annotated[str | None, typer.Option(help="held, admitted, assigned, resolved …")] = None,
    procedure: Annotated[str | None, typer.Option(help="id of a procedure")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many cases")] = 50,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Cases in the order of their registration; times are in each procedure's zone."""
    from huiyin.cli.cases import view
    from huiyin.cli.client import Connection

    found: list[dict[str, Any]] = []
    after: str | None = None
    with Connection(home).open("intake") as intake:
        while len(found) < limit:
            page = intake.get(
                "/v1/cases", state=state, procedure=procedure, limit=min(limit - len(found), _PAGE), after=after
            )
            found += page["cases"]
            after = page["next"]
            if after is None:
                break
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    readers: dict[tuple[str, int], Reader] = {}

    def reader_of(case: Mapping[str, Any]) -> Reader:
        pin = (case["procedure"], case["procedure_version"])
        if pin not in readers:
            readers[pin] = _reader(dict(case), Lang.en.value, home)
        return readers[pin]

    _print(view.list_lines(found, reader_of) if found else ["no such cases"])


def report(
    case: CaseArgument,
    milestone: Annotated[str, typer.Argument(help="what was reached, e.g. accepted-by-department, resolved")],
    by: Annotated[str, typer.Option(help="the office that reports it: a department, role or level")],
    at: Annotated[str | None, typer.Option(help="when it happened, local time of the procedure; default: now")] = None,
    field: Annotated[list[str] | None, typer.Option(help="name=value; may be given several times")] = None,
    clock: Annotated[str | None, typer.Option(help="for extensions: which clock")] = None,
    award: Annotated[str | None, typer.Option(help="for decisions on awards: which award")] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(help="who of the office did it: a staff id, never a name; may be given several times"),
    ] = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Report for a department that a case has reached a milestone."""
    from huiyin.cli.client import Connection

    connection = Connection(home)
    with connection.open("intake") as intake:
        case_id = find(intake.get, case)
        found = intake.get(f"/v1/cases/{case_id}")
    body = report_body(_procedure(found, home), milestone, by, at, field or [], clock)
    body |= {"award": award} if award is not None else {}
    body |= {"persons": person} if person else {}
    with connection.open("routing") as routing:
        answer = _again_if_not_yet(lambda: routing.post(f"/v1/cases/{case_id}/milestones", body))
    if as_json:
        print(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        level = f" at {answer['level']}" if answer.get("level") else ""
        print(f"{found['case_number']}: {milestone} noted; now {answer['status']} with {answer['department']}{level}")


def _again_if_not_yet(post: Callable[[], Any]) -> Any:
    """The answer; a document that was put into the vault a moment ago is waited for. Raises `NotYet` in the end."""
    for _ in range(_TRIES):
        try:
            return post()
        except NotYet:
            time.sleep(_WAIT_SECONDS)
    return post()


def find(get: Callable[..., Any], case: str) -> str:
    """The id of a case given by id or number; `get` asks intake. Raises `NotFound`, or `Conflict` where procedures
    gave the same number."""
    try:
        return str(UUID(case))
    except ValueError:
        found = get("/v1/cases", number=case)["cases"]
    if not found:
        raise NotFound("there is no case of this number", field="CASE", hint="see `huiyin case list`")
    if len(found) > 1:
        raise Conflict("several procedures gave this number: name the case by its id", field="CASE")
    return str(found[0]["case_id"])


def report_body(
    procedure: Procedure | None, milestone: str, by: str, at: str | None, fields: list[str], clock: str | None
) -> dict[str, Any]:
    """The body of a milestone's report; values are read as an import reads them. Raises `InvalidInput`."""
    from shared.procedures.standard_fields import standard_fields

    specs = {spec.id: spec for spec in standard_fields(milestone)} | {
        spec.id: spec
        for one in (procedure.milestones if procedure else ())
        if one.id == milestone
        for spec in one.fields
    }
    given = {}
    for name, value in pairs(fields, "--field"):
        given[name] = _read(procedure, specs.get(name), name, value)
    body: dict[str, Any] = {"milestone": milestone, "by": by, "fields": given}
    if at is not None:
        body["at"] = _read(procedure, _INSTANT, "--at", at)
    return body | ({"clock": clock} if clock is not None else {})


_INSTANT = object()


def _read(procedure: Procedure | None, spec: FieldSpec | object | None, name: str, value: str) -> str | int | bool:
    from huiyin.tabular.text_rows import EXCEL_EPOCH
    from huiyin.tabular.values import Reading
    from shared.business_time.zones import zone
    from shared.procedures.fields import Unreadable
    from shared.procedures.model import FieldSpec

    reading = Reading(zone(procedure.time_zone if procedure else "Etc/UTC"), EXCEL_EPOCH)
    try:
        if spec is _INSTANT:
            return reading.instant(value)
        return reading.value(spec, value) if isinstance(spec, FieldSpec) else value
    except Unreadable as refusal:
        raise InvalidInput(refusal.message, field=name) from None


def _elsewhere(connection: Connection, service: str, path: str, **query: str) -> Any:
    """What another service answers; that it does not is a note, not the end: the case itself is known."""
    try:
        with connection.open(service) as api:
            return api.get(path, **query)
    except Forbidden:
        raise
    except HuiyinError as error:
        return {"error": error.message}


def _or_error(answer: Any, lines: Callable[[Any], Any]) -> Any:
    return [f"  ({answer['error']})"] if "error" in answer else lines(answer)


def _procedure(case: dict[str, Any], home: Path | None) -> Procedure | None:
    """The version that the case is pinned to; None where this machine's library has not got it."""
    from shared.procedures.loader import load_library

    try:
        return load_library(procedures_folder(home)).get(case["procedure"], case["procedure_version"])
    except NotFound:
        return None


def _reader(case: dict[str, Any], language: Language, home: Path | None) -> Reader:
    from huiyin.cli.cases.view import Reader

    return Reader(_procedure(case, home), language)


def _part(title: str, lines: Any, read: Reader) -> None:
    shown = list(lines) or [f"  {read.word('none')}"]
    _print(["", title, *shown])


def _print(lines: Any) -> None:
    for line in lines:
        print(line)
