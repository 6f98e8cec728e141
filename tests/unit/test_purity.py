"""The decisions import nothing that does I/O, reads the time or is random, and nothing else of their service."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import services
import shared.procedures.fields

SERVICES = Path(services.__file__).parent
PURE = [*sorted(SERVICES.glob("*/domain/*.py")), Path(shared.procedures.fields.__file__)]
IMPURE = frozenset(
    ("asyncio", "fastapi", "httpx", "os", "random", "secrets", "socket", "sqlalchemy", "time", "uuid1", "uuid4")
)


@pytest.mark.parametrize("path", PURE, ids=lambda path: "/".join(path.parts[-3:]))
def test_a_pure_module_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    modules: set[str] = set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
            names |= {alias.name for alias in node.names}
    assert not {part for name in modules | names for part in name.split(".")} & IMPURE
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"now", "utcnow", "today"}
    own = {name for name in modules if name.startswith("services.")}
    service = path.parent.parent.name
    assert all(name.startswith(f"services.{service}.domain") for name in own)


def test_every_service_has_decisions() -> None:
    assert {path.parts[-3] for path in PURE if path.parts[-2] == "domain"} == {"intake", "notify", "routing", "sla"}
