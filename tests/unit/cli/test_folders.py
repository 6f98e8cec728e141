"""A command reads the rules of the very stack that it is about: the variable, or the home's own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from huiyin.cli.rules.folders import calendars_folder, procedures_folder


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home that the environment names; it has a folder of procedures, and no variable names another."""
    for name in ("HUIYIN_PROCEDURES", "HUIYIN_CALENDARS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "procedures").mkdir(parents=True)
    return tmp_path / "home"


def test_without_a_variable_the_folders_are_those_of_the_home(home: Path, tmp_path: Path) -> None:
    (tmp_path / "other" / "procedures").mkdir(parents=True)
    assert (procedures_folder(), calendars_folder()) == (home / "procedures", home / "calendars")
    assert procedures_folder(tmp_path / "other") == tmp_path / "other" / "procedures"
    assert calendars_folder(tmp_path / "other") == tmp_path / "other" / "calendars"


def test_a_home_without_procedures_has_none_of_its_own(home: Path, tmp_path: Path) -> None:
    assert procedures_folder(tmp_path / "nowhere") is None


def test_a_variable_goes_before_the_folder_of_the_home_and_an_empty_one_does_not(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HUIYIN_PROCEDURES", "HUIYIN_CALENDARS"):
        monkeypatch.setenv(name, "/srv/rules")
    assert (procedures_folder(), calendars_folder()) == (Path("/srv/rules"), Path("/srv/rules"))
    assert (procedures_folder(home), calendars_folder(home)) == (Path("/srv/rules"), Path("/srv/rules"))
    for name in ("HUIYIN_PROCEDURES", "HUIYIN_CALENDARS"):
        monkeypatch.setenv(name, "")
    assert (procedures_folder(), calendars_folder()) == (home / "procedures", home / "calendars")
