"""The record that the database builds is the one that `envelope.encode` would write."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import services.sla.store
from services.sla.store.record_sql import rendered

FUNCTION = Path(services.sla.store.__file__).parent / "sql" / "fire_timers.sql"


def plain(sql: str) -> str:
    """Without the white space around the operators."""
    return re.sub(r"\s*\|\|\s*", "||", sql)


@pytest.mark.parametrize(("type_", "number"), [("breached", 1), ("warned", 1), ("breached", 2), ("warned", 2)])
def test_the_parts_around_the_subject_are_rendered(type_: str, number: int) -> None:
    part = rendered(type_)["type_to_subject" if number == 1 else "subject_to_key"]

    assert plain(f"{type_}_{number} text := {part};") in plain(FUNCTION.read_text("utf-8"))


@pytest.mark.parametrize("name", ["record", "fired_to_late"])
def test_the_record_is_rendered(name: str) -> None:
    assert plain(rendered("breached")[name]) in plain(FUNCTION.read_text("utf-8"))
