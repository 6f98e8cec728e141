"""One running stack for the tests of the commands that need all of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.running import Stack


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack on free ports, in its own home."""
    found = Stack(tmp_path_factory.mktemp("cli") / "home")
    found.command("up", "--detach", "--port-base", "0")
    yield found
    found.command("down", "--now")
