"""Reads one YAML document as plain data with the line of every value.

Promises: what it reads, every other reader of YAML reads alike: words that YAML 1.1 turns into something else (`on`,
`yes`, `12:30`, `0123`) stand in quotes. No aliases, no tags, no key twice, at most `MAX_BYTES` and `MAX_DEPTH`; what
breaks this is a `ProcedureError` with the line. The data is built from the
parser's events, so a hostile file can make nothing but text, numbers, lists and mappings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from shared.errors import ProcedureError

MAX_BYTES = 512 * 1024
MAX_DEPTH = 30

Path = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}")
_READ_OTHERWISE = (
    (re.compile(r"(?i)y|n|yes|no|on|off"), "a plain {word} is true or false to YAML 1.1"),
    (re.compile(r"TRUE|FALSE|Null|NULL"), "{word} is read differently by different readers"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a plain {word} is a number to base 60 to YAML 1.1"),
    (re.compile(r"[-+]?0[0-9_]+"), "a plain {word} begins with 0, so it is an octal number to YAML 1.1"),
    (
        re.compile(r"[-+]?(?=[0-9.]*_)([0-9][0-9_]*(\.[0-9_]*)?|\.[0-9][0-9_]*)"),
        "a plain {word} loses its underscores to YAML 1.1",
    ),
    (re.compile(r"[-+]?0[xob][0-9a-fA-F_]+"), "a plain {word} is a number to other readers"),
    (re.compile(r"(?i)[-+]?\.(inf|nan)|[-+]?([0-9][0-9_]*\.?[0-9_]*|\.[0-9]+)e[-+]?[0-9]+|[-+]?(\.[0-9]+|[0-9]+\.)"),
     "a plain {word} is a number to other readers"),
)  # fmt: skip
"""Plain scalars that YAML 1.1, or other readers, take for something else than what they look like."""
_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None, "~": None, "": None}
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def read_yaml(text: str) -> Document:
    """Parse one YAML document.

    Raises `ProcedureError` (message begins with the line) for anything but one plain mapping.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise ProcedureError(f"the file is larger than {MAX_BYTES // 1024} KiB", hint="split the procedure in two")
    try:
        return _read(yaml.parse(text, Loader=_Parser))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refusal(line, f"not YAML: {error.problem or 'cannot be read'}", "check indentation and quotes") from None
    except (yaml.YAMLError, UnicodeError):
        raise ProcedureError("not YAML: a character that YAML does not allow", hint="save it as UTF-8 text") from None


def _read(events: Iterator[yaml.Event]) -> Document:
    builder = _Builder(events)
    first = builder.next()
    if not isinstance(first, yaml.MappingStartEvent):
        raise _refusal(1, "a procedure is a mapping", "begin with `id:`")
    data = builder.value(first, ())
    if isinstance(again := builder.next(), yaml.NodeEvent):
        raise _refusal(_line(again), "a second document in the file", "one file holds one procedure")
    return Document(data, builder.lines)


@dataclass
class _Builder:
    events: Iterator[yaml.Event]
    lines: dict[Path, int] = field(default_factory=dict)

    def next(self) -> yaml.Event | None:
        """The next event that matters; None at the end of the stream."""
        outer = (yaml.StreamStartEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent, yaml.StreamEndEvent)
        return next((event for event in self.events if not isinstance(event, outer)), None)

    def value(self, event: yaml.Event | None, path: Path) -> Any:
        """The value that begins with this event."""
        line = _line(event)
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _refusal(line, "anchors and aliases are not allowed", "write the part out")
        if getattr(event, "tag", None) is not None:
            raise _refusal(line, "tags are not allowed", "write plain text, numbers, true or false")
        if len(path) > MAX_DEPTH:
            raise _refusal(line, f"nested deeper than {MAX_DEPTH}", "a condition this deep is unreadable")
        match event:
            case yaml.MappingStartEvent():
                return self._mapping(path)
            case yaml.SequenceStartEvent():
                return self._sequence(path)
            case yaml.ScalarEvent():
                return _scalar(event)
        raise _refusal(line, "not YAML", "check indentation and quotes")

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := self.next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _refusal(_line(event), "a key is one word", "quote texts that hold : or {")
            key = event.value
            if not event.style:
                _refuse_traps(event, key=True, in_pause="pauses" in path)
            if key in found:
                raise _refusal(_line(event), "the same key twice", "keep one of the two")
            below = (*path, key)
            self.lines[below] = _line(event)
            found[key] = self.value(self.next(), below)
        return found

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := self.next(), yaml.SequenceEndEvent):
            found.append(self.value(event, (*path, len(found))))
        return found


def _line(event: yaml.Event | None) -> int:
    mark: Any = getattr(event, "start_mark", None)
    return mark.line + 1 if mark is not None else 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    text = event.value
    if event.style:  # quoted, or a block: text, whatever it looks like
        return text
    _refuse_traps(event)
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _refuse_traps(event: yaml.ScalarEvent, *, key: bool = False, in_pause: bool = False) -> None:
    word = event.value
    for pattern, says in _READ_OTHERWISE:
        if pattern.fullmatch(word):
            shown = word if len(word) <= 20 else "value"
            hint = (
                ("write `from:`" if in_pause else "write `at:`") if key and word == "on" else f"put quotes: '{shown}'"
            )
            raise _refusal(_line(event), f"{says.format(word=shown)} ({hint})", hint)


def _refusal(line: int, message: str, hint: str) -> ProcedureError:
    return ProcedureError(f"line {line}: {message}", hint=hint)
