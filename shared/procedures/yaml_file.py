"""Reads one YAML document as plain data with the line of every value.

Promises: YAML 1.2's core words only (so `on`, `yes` and `12:30` stay text), no aliases, no tags, no key twice, at most
`MAX_BYTES` and `MAX_DEPTH`; whatever breaks this is a `ProcedureError` with the line. No value is ever constructed
from a tag, so a hostile file can make nothing but text, numbers, lists and mappings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from shared.errors import ProcedureError

MAX_BYTES = 512 * 1024
MAX_DEPTH = 30

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}


@dataclass(frozen=True)
class Document:
    """The data of a file, and the line (from 1) on which each value or key stands, by path."""

    data: Any
    lines: dict[Path, int]

    def line(self, path: Path) -> int:
        """The line of the value at the path, or of the nearest part above it that the file has."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Composer(yaml.SafeLoader):
    """PyYAML's composer without aliases and without endless depth."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refusal(event.start_mark, "anchors and aliases are not allowed", "write the part out")
        if self.depth >= MAX_DEPTH:
            raise _refusal(event.start_mark, f"nested deeper than {MAX_DEPTH}", "a condition this deep is unreadable")
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1


def _refusal(mark: yaml.Mark | None, message: str, hint: str) -> ProcedureError:
    where = f"line {mark.line + 1}: " if mark is not None else ""
    return ProcedureError(where + message, hint=hint)


def read_yaml(text: str) -> Document:
    """Parse one YAML document.

    Raises `ProcedureError` (message begins with the line) for anything but one plain mapping.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ProcedureError(f"the file is larger than {MAX_BYTES // 1024} KiB", hint="split the procedure in two")
    lines: dict[Path, int] = {}
    try:
        node = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        raise _refusal(
            error.problem_mark, "not YAML: " + (error.problem or "cannot be read"), "check the indentation and quotes"
        ) from error
    except yaml.YAMLError as error:
        raise ProcedureError("not YAML: a character that YAML does not allow", hint="save it as UTF-8 text") from error
    if not isinstance(node, yaml.MappingNode):
        raise ProcedureError("line 1: a procedure is a mapping", hint="begin with `id:`")
    return Document(_plain(node, (), lines), lines)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _refusal(key_node.start_mark, "a key is one word", "quote texts that hold : or {")
            key = key_node.value
            if key in found:
                raise _refusal(key_node.start_mark, "the same key twice", "keep one of the two")
            lines[(*path, key)] = key_node.start_mark.line + 1
            found[key] = _plain(value_node, (*path, key), lines)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_plain(part, (*path, index), lines) for index, part in enumerate(node.value)]
    return _scalar(node)


def _scalar(node: yaml.Node) -> Any:
    text = node.value
    if not str(node.tag).startswith("tag:yaml.org,2002:") or node.tag in (
        "tag:yaml.org,2002:binary",
        "tag:yaml.org,2002:set",
    ):
        raise _refusal(node.start_mark, "tags are not allowed", "write plain text, numbers, true or false")
    if getattr(node, "style", None) is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
