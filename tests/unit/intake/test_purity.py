"""The decisions import nothing that does I/O, tells the time or draws lots."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import services.intake

PURE = ("domain", "form", "matter", "numbering", "timeline", "values")
IMPURE = frozenset(("asyncio", "fastapi", "httpx", "os", "random", "secrets", "socket", "sqlalchemy", "time", "uuid4"))


@pytest.mark.parametrize("name", PURE)
def test_a_pure_module_is_pure(name: str) -> None:
    tree = ast.parse((Path(services.intake.__file__).parent / f"{name}.py").read_text("utf-8"))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported |= {node.module or "", *(alias.name for alias in node.names)}
    assert not {part for module in imported for part in module.split(".")} & IMPURE
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"now", "utcnow", "today"}
    own = {module.split(".")[2] for module in imported if module.startswith("services.intake.")}
    assert own <= set(PURE)
