"""Rules that change while a service runs: taken whole or refused whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import structlog
from prometheus_client import REGISTRY

from shared.hosting.reloading import Folders, Rules, calendars_of
from shared.procedures.loader import LIBRARY_FOLDER

SHOP = 'id: shop\nversion: "1"\ntime_zone: UTC\nweek: {mon: [["09:00", "17:00"]]}\n'
pytestmark = pytest.mark.asyncio


def rules(tmp_path: Path) -> Rules:
    (tmp_path / "procedures").mkdir()
    return Rules(Folders(tmp_path / "calendars", tmp_path / "procedures"), "sla")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("huiyin_rules_read_total", {"service": "sla", "outcome": outcome}) or 0.0


def refused() -> float | None:
    return REGISTRY.get_sample_value("huiyin_rules_refused", {"service": "sla"})


async def test_nothing_is_read_while_nothing_changes(tmp_path: Path) -> None:
    assert not await rules(tmp_path).look()


async def test_a_new_calendar_is_taken_into_the_mapping_that_everybody_holds(tmp_path: Path) -> None:
    found = rules(tmp_path)
    held = found.calendars
    write(tmp_path / "calendars" / "shop.yaml", SHOP)

    assert await found.look()
    assert held["shop"].version == "1"
    assert not await found.look()

    write(tmp_path / "calendars" / "shop.yaml", SHOP.replace('"1"', '"2"').replace("17:00", "18:00"))
    assert await found.look()
    assert held["shop"].version == "2"


async def test_a_calendar_whose_file_is_taken_away_gives_way_to_the_built_in_one_or_stays(tmp_path: Path) -> None:
    found = rules(tmp_path)
    built_in = found.calendars["cn"]
    write(tmp_path / "calendars" / "shop.yaml", SHOP)
    write(tmp_path / "calendars" / "cn.yaml", 'extends: cn\nversion: "2026.2"\nholidays: ["2026-06-10"]\n')
    await found.look()
    assert found.calendars["cn"].version == "2026.2"

    for path in (tmp_path / "calendars").iterdir():
        path.unlink()
    assert await found.look()

    assert found.calendars["cn"] == built_in
    assert found.calendars["shop"].version == "1"  # cases may rest on it


@pytest.mark.parametrize(
    "text",
    [
        "week: [",
        SHOP.replace("17:00", "08:00"),
        SHOP.replace("17:00", "18:00"),  # other content under a version that is in use
    ],
)
async def test_what_does_not_hold_is_refused_counted_and_logged_once_and_the_old_stays(
    tmp_path: Path, text: str
) -> None:
    write(tmp_path / "calendars" / "shop.yaml", SHOP)
    found = rules(tmp_path)
    before, refused = dict(found.calendars), counted("refused")
    write(tmp_path / "calendars" / "shop.yaml", text)
    write(tmp_path / "calendars" / "other.yaml", SHOP.replace("shop", "other"))

    with structlog.testing.capture_logs() as logs:
        assert [await found.look() for _ in range(3)] == [False, False, False]

    assert found.calendars == before
    assert counted("refused") == refused + 1
    assert [entry["log_level"] for entry in logs] == ["error"]


async def test_a_mistake_that_is_mended_is_taken_and_shown_as_refused_until_then(tmp_path: Path) -> None:
    found = rules(tmp_path)
    shown = [refused()]
    for text in ("week: [", "week: ]", SHOP):
        write(tmp_path / "calendars" / "shop.yaml", text)
        await found.look()
        shown.append(refused())
    assert found.calendars["shop"].version == "1"
    assert shown == [0, 1, 1, 0]


async def test_the_next_version_of_a_procedure_is_added_and_none_is_taken_away(tmp_path: Path) -> None:
    found = rules(tmp_path)
    library, known = found.library, {procedure.key for procedure in found.library.all()}
    path = sorted(LIBRARY_FOLDER.glob("*.yaml"))[0]
    id, version = read_one(path)
    write(tmp_path / "procedures" / "next.yaml", with_version(path, version, 99))

    assert await found.look()
    assert library.get(id, 99).version == 99
    (tmp_path / "procedures" / "next.yaml").unlink()
    assert await found.look()
    assert {procedure.key for procedure in library.all()} == known | {(id, 99)}


async def test_a_procedure_whose_calendar_does_not_exist_is_refused(tmp_path: Path) -> None:
    found = rules(tmp_path)
    path = sorted(LIBRARY_FOLDER.glob("*.yaml"))[0]
    procedure = next(one for one in found.library.all() if one.key == read_one(path))
    text = with_version(path, procedure.version, 99).replace("\nclocks:", "\ncalendar: nowhere\nclocks:", 1)
    write(
        tmp_path / "procedures" / "next.yaml", text if "\ncalendar: nowhere" in text else text + "\ncalendar: nowhere\n"
    )

    assert not await found.look()
    assert all("nowhere" not in calendars_of(one) for one in found.library.all())


async def test_a_change_is_seen_by_the_watch(tmp_path: Path) -> None:
    found = rules(tmp_path)
    watching = asyncio.create_task(found.watch())
    write(tmp_path / "calendars" / "shop.yaml", SHOP)
    async with asyncio.timeout(10):
        while "shop" not in found.calendars:
            await asyncio.sleep(0.02)
    watching.cancel()


def read_one(path: Path) -> tuple[str, int]:
    from shared.procedures.loader import load_procedure

    return load_procedure(path).key


def with_version(path: Path, version: int, other: int) -> str:
    text = path.read_text("utf-8")
    assert f"\nversion: {version}\n" in text
    return text.replace(f"\nversion: {version}\n", f"\nversion: {other}\n", 1)


async def test_a_calendar_that_a_procedure_counts_on_may_lose_its_file(tmp_path: Path) -> None:
    found = rules(tmp_path)
    path = sorted(LIBRARY_FOLDER.glob("*.yaml"))[0]
    id, version = read_one(path)
    write(tmp_path / "calendars" / "shop.yaml", SHOP)
    text = with_version(path, version, 99).replace("\ncalendar: cn\n", "\ncalendar: shop\n")
    write(tmp_path / "procedures" / "next.yaml", text)
    assert await found.look()
    assert "shop" in calendars_of(found.library.get(id, 99))

    (tmp_path / "calendars" / "shop.yaml").unlink()

    assert await found.look()
    assert found.calendars["shop"].version == "1"
