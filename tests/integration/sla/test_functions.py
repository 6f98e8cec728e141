"""The functions of the database are those of their files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import text

import services.sla.store
from tests.integration.conftest import Open

pytestmark = pytest.mark.asyncio

FILES = sorted((Path(services.sla.store.__file__).parent / "sql").glob("*.sql"))
_INSTALLED = text(
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace) ORDER BY proname"
)


async def test_every_installed_function_is_the_one_of_its_file(open_service: Open) -> None:
    engine = await open_service("sla")
    async with engine.connect() as connection:
        installed = {row.proname: row.prosrc for row in await connection.execute(_INSTALLED)}
    written = {path.stem: re.split(r"\$(?:function|procedure)\$", path.read_text("utf-8"))[1] for path in FILES}
    assert installed == written


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_every_file_says_what_its_function_does_takes_and_locks(path: Path) -> None:
    header = path.read_text("utf-8").split("CREATE", 1)[0]
    assert header.startswith("-- ")
    assert "In:" in header
    assert "Out:" in header
    assert "lock" in header.lower()
