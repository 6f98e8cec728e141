"""One running stack for the tests of the commands that need all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.servers import throw_away_home
from tests.running import Stack


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    """A stack on free ports, in its own home."""
    with throw_away_home("cli") as home:
        found = Stack(home.path)
        found.command("up", "--detach", "--port-base", "0")
        yield found
