"""The library: versions, further folders, and what holds for every procedure that comes with Huiyin."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from shared.errors import NotFound, ProcedureError
from shared.procedures.catalogue import facts
from shared.procedures.check import check_procedure
from shared.procedures.check.parts import parts
from shared.procedures.loader import LIBRARY_FOLDER, Library, assemble, load_library, parse_procedure
from shared.procedures.model import Element, Procedure
from tests.unit.procedures.sample import SAMPLE, changed, sample

SHIPPED = load_library().all()
BY_ID = pytest.mark.parametrize("procedure", SHIPPED, ids=[one.id for one in SHIPPED])
STANDARD_FIELDS = {
    "name": "identity",
    "phone": "identity",
    "email": "identity",
    "address": "identity",
    "employer": "identity",
    "subject": "evidence",
    "content": "evidence",
    "accused": "evidence",
}


def version(number: int, since: str) -> tuple[str, Procedure]:
    text = SAMPLE.replace("version: 1", f"version: {number}").replace("2020-01-01", since)
    return f"v{number}.yaml", parse_procedure(text, "sample.yaml")


LIBRARY = assemble([version(1, "2020-01-01"), version(2, "2021-06-01"), version(3, "2030-01-01")])


# version asked for, on which day, version given
VERSIONS = [
    (None, None, 3),
    (1, None, 1),
    (1, date(2019, 1, 1), 1),
    (None, date(2020, 1, 1), 1),
    (None, date(2021, 5, 31), 1),
    (None, date(2021, 6, 1), 2),
    (None, date(2029, 12, 31), 2),
]


@pytest.mark.parametrize(("asked", "on", "given"), VERSIONS)
def test_the_version_is_the_one_asked_for_or_the_latest_in_force(
    asked: int | None, on: date | None, given: int
) -> None:
    assert LIBRARY.get("sample", asked, on=on).version == given


@pytest.mark.parametrize(
    ("id", "asked", "on"), [("other", None, None), ("sample", 9, None), ("sample", None, date(2019, 1, 1))]
)
def test_what_is_not_in_the_library_is_not_found(id: str, asked: int | None, on: date | None) -> None:
    with pytest.raises(NotFound):
        LIBRARY.get(id, asked, on=on)


def test_the_same_file_twice_is_one_procedure_and_a_different_one_an_error() -> None:
    same = assemble([("a.yaml", sample()), ("b.yaml", sample())])
    assert same == Library((sample(),))
    with pytest.raises(ProcedureError, match=r"a\.yaml and b\.yaml hold the same id and version"):
        assemble([("a.yaml", sample()), ("b.yaml", sample("duration: PT15M", "duration: PT20M"))])


def test_a_further_folder_adds_to_the_shipped_procedures_and_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_text(SAMPLE, encoding="utf-8")
    library = load_library(tmp_path)
    assert library.get("sample") == sample()
    assert {one.id for one in library.all()} == {"sample", *(one.id for one in SHIPPED)}
    assert load_library(tmp_path) is library


def test_a_procedure_with_dangling_names_does_not_get_into_a_library(tmp_path: Path) -> None:
    (tmp_path / "sample.yaml").write_text(changed("to: manager}", "to: nobody}"), encoding="utf-8")
    with pytest.raises(ProcedureError, match=r"escalations\[up\]\.to: no such level: nobody"):
        load_library(tmp_path)


def test_a_further_folder_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProcedureError, match="does not exist"):
        load_library(tmp_path / "absent")


@BY_ID
def test_a_shipped_procedure_has_no_findings(procedure: Procedure) -> None:
    assert check_procedure(procedure) == ()


@BY_ID
def test_a_shipped_procedure_has_the_standard_fields_where_they_belong(procedure: Procedure) -> None:
    held = {one.id: one.holds for one in procedure.fields}
    assert STANDARD_FIELDS.items() <= held.items()
    assert next(one for one in procedure.fields if one.id == "content").required == "registration"


@BY_ID
def test_a_shipped_procedure_finds_the_columns_of_an_import_by_likely_names(procedure: Procedure) -> None:
    aliases = {one.id: one.aliases for one in procedure.fields}
    assert {"内容", "留言详情", "诉求内容", "description"} <= set(aliases["content"])
    assert {"主题", "留言主题"} <= set(aliases["subject"])


@BY_ID
def test_no_two_fields_of_a_shipped_procedure_claim_one_column(procedure: Procedure) -> None:
    claimed = [alias.casefold() for one in procedure.fields for alias in {one.id, *one.aliases}]
    assert sorted(claimed) == sorted(set(claimed))


@BY_ID
def test_every_source_of_a_shipped_procedure_is_a_fact(procedure: Procedure) -> None:
    named = {id for _, part in parts(procedure) if isinstance(part, Element) for id in part.source}
    assert named <= facts().keys()


def test_every_file_of_the_library_is_named_as_its_procedure_and_tells_editors_its_schema() -> None:
    for file in LIBRARY_FOLDER.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=../procedure.schema.json\n")
        assert f"\nid: {file.stem}\n" in text
