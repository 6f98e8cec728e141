"""`huiyin case document`: the documents of a case, put in, taken out and listed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.cases.commands import CaseArgument, HomeOption, JsonOption, find
from huiyin.cli.options import Lang, LangOption, pairs
from shared.errors import InvalidInput

_BLOCK = 256 * 1024
NameArgument = Annotated[str, typer.Argument(help="the document's id in the procedure, or a name of your own")]
PurposeOption = Annotated[str, typer.Option(help="why it is read, as a code like call-back; recorded")]


def register(case: typer.Typer) -> None:
    """Add these commands to `huiyin case`."""
    document = typer.Typer(no_args_is_help=True, help="documents of a case and their files")
    document.command()(put)
    document.command()(get)
    document.command()(copy)
    document.command("list")(list_)
    case.add_typer(document, name="document")
    case.command()(dossier)


def put(
    case: CaseArgument,
    name: NameArgument,
    text: Annotated[Path | None, typer.Option(help="a file with the text, UTF-8; - is standard input")] = None,
    file: Annotated[Path | None, typer.Option(help="a file kept as it is: a scan, a picture, a recording")] = None,
    field: Annotated[list[str] | None, typer.Option(help="name=value; may be given several times")] = None,
    by: Annotated[str | None, typer.Option(help="the office that puts it in; default: whose case it is")] = None,
    signed_by: Annotated[list[str] | None, typer.Option(help="an office that signed it; may be repeated")] = None,
    home: HomeOption = None,
) -> None:
    """Put a text, fields or a file into a document of a case."""
    from huiyin.cli.client import Connection

    if text is None and file is None and not field:
        raise InvalidInput("a document has a text, fields or a file", field="--text")
    with Connection(home).open("intake") as intake:
        case_id = find(intake.get, case)
        path = f"/v1/cases/{case_id}/documents/{name}"
        if text is not None or field:
            body: dict[str, Any] = {"fields": dict(pairs(field or [], "--field")), "signed_by": signed_by or []}
            body |= {"text": _read(text)} if text is not None else {}
            intake.put(path, body | ({"by": by} if by else {}))
            print(f"{name}: put into the case")
        if file is not None:
            kept = intake.send(f"{path}/files", _blocks(file), file_name=file.name, by=by)
            print(f"{name}: {kept['kind']}, {kept['size']} bytes, {kept['file_id']}")


def get(
    case: CaseArgument,
    name: NameArgument,
    purpose: PurposeOption,
    file_id: Annotated[str | None, typer.Option("--file", help="the id of one of its files")] = None,
    to: Annotated[Path | None, typer.Option(help="where the file is written; default: standard output")] = None,
    home: HomeOption = None,
) -> None:
    """A document's text and fields as JSON, or one of its files; the reading is recorded."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        case_id = find(intake.get, case)
        path = f"/v1/cases/{case_id}/documents/{name}"
        if file_id is None:
            print(json.dumps(intake.get(path, purpose=purpose), ensure_ascii=False, indent=2))
            return
        blocks = intake.download(f"{path}/files/{file_id}", purpose=purpose)
        if to is None:
            for block in blocks:
                sys.stdout.buffer.write(block)
        else:
            with to.open("wb") as out:
                out.writelines(blocks)


def copy(
    case: CaseArgument,
    name: NameArgument,
    to: Annotated[str, typer.Option(help="who was handed it: an office, a party, or complainant")],
    by: Annotated[str | None, typer.Option(help="the office that says so; default: whose case it is")] = None,
    home: HomeOption = None,
) -> None:
    """Report that somebody was handed a copy of a document."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        case_id = find(intake.get, case)
        intake.post(f"/v1/cases/{case_id}/documents/{name}/copies", {"to": to} | ({"by": by} if by else {}))
    print(f"{name}: copy handed to {to}")


def list_(case: CaseArgument, lang: LangOption = Lang.en, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """The contents list of a case: its documents, and what the dossier lacks."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        case_id = find(intake.get, case)
        found = intake.get(f"/v1/cases/{case_id}/documents")
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for line in contents_lines(found, zh=lang is Lang.zh):
        print(line)


def dossier(
    case: CaseArgument, lang: LangOption = Lang.en, as_json: JsonOption = False, home: HomeOption = None
) -> None:
    """The dossier of a case: which of its documents are there, what it lacks, and until when it is kept."""
    from huiyin.cli.client import Connection

    with Connection(home).open("intake") as intake:
        case_id = find(intake.get, case)
        found = intake.get(f"/v1/cases/{case_id}/documents")
    found = {**found, "documents": [one for one in found["documents"] if one["in_dossier"]]}
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    zh = lang is Lang.zh
    if not found["documents"]:
        print("此案无卷宗" if zh else "this case has no dossier")
    for line in contents_lines(found, zh=zh):
        print(line)


def contents_lines(found: dict[str, Any], *, zh: bool) -> Iterator[str]:
    """A contents list as people read it."""
    for one in found["documents"]:
        name = one["name"]["zh" if zh else "en"] if one["name"] else one["document"]
        parts = [one["document"], name, one["number"] or "", one["added_at"][:10] if one["held"] else "-"]
        if one["files"]:
            parts.append(f"{one['files']} 个文件" if zh else f"{one['files']} files")
        if one["due"]:
            parts.append("应有" if zh else "due")
        owed = [to for to in one["copies"] if to not in one["copied_to"]]
        if owed and one["held"]:
            parts.append(("未送：" if zh else "no copy yet: ") + ", ".join(owed))
        yield f"{one['place']:>3}  {'  '.join(part for part in parts if part)}"
    dossier = found["dossier"]
    if dossier["missing"]:
        yield ("卷宗缺：" if zh else "the dossier lacks: ") + ", ".join(dossier["missing"])
    if dossier["kept_until"]:
        yield ("保存至 " if zh else "kept until ") + dossier["kept_until"][:10]


def _read(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("cannot be read as UTF-8 text", field="--text") from None


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as content:
            while block := content.read(_BLOCK):
                yield block
    except OSError:
        raise InvalidInput("cannot be read", field="--file") from None
