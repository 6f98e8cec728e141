"""Where further calendars and procedures lie for the stack that a command is about."""

from __future__ import annotations

import os
from pathlib import Path

from shared.service_names import SERVICES


def calendars_folder(home: Path | None = None) -> Path:
    """The folder of further calendars: HUIYIN_CALENDARS, else that of the home (absent: HUIYIN_HOME).

    As for procedures, the variable goes before the home's own folder: the stack's services read it there.
    """
    if named := os.environ.get("HUIYIN_CALENDARS"):
        return Path(named)
    return _home(home) / "calendars"


def procedures_folder(home: Path | None = None) -> Path | None:
    """The folder of further procedures: HUIYIN_PROCEDURES, else that of the home (absent: HUIYIN_HOME) if it is there.

    The services that `huiyin up` starts read the same: the variable goes before the home's own folder.
    """
    if named := os.environ.get("HUIYIN_PROCEDURES"):
        return Path(named)
    own = _home(home) / "procedures"
    return own if own.is_dir() else None


def _home(home: Path | None) -> Path:
    from huiyin.embedded.environment import read_environment

    return home if home is not None else read_environment(os.environ, SERVICES).home
