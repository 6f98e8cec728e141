"""Puts a procedure together before it is validated: a pinned base below it, packs with their parameters, itself on top.

`extends: complaint@1` names one base of `bases/`, which may extend another. `use: [{pack: approval@1, with: {…}}]` lays
packs of `packs/` over it, in order; a pack's `${name}` is replaced by what `with` gives. Lists of entries with ids are
merged by id: an entry of the file adds its keys to the base's, each key as a whole, and `remove: true` drops it. A
mapping (`numbering`, `admissibility`) is merged by key; everything else is replaced. `texts` holds the texts of notices
by occurrence: a notice without `text` has that of its first `at`, or where there is none `otherwise`; `text: <word>`
names another. A text that is one sentence (`text: {zh: '…', en: '…'}`) has the notice's name and the case number as
its subject.

A base's `usual` holds entries that a file has only if it names them: `channels: [{id: telephone}]` gets the usual name.
`conditions` names conditions that stand in several places: `{condition: unnamed}` is what is written there.

A number in `source` is a fact of the file's own procedure (`source: [7]` in `hotline` is `hotline.07`); so in
`not_enforced`, where `fact` may be a list of facts with one reason.

What comes out has none of these words any more: it is what services keep, and compare. Pure, but for the reader that
it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.errors import ProcedureError
from shared.procedures.nearest import nearest
from shared.procedures.nodes import Node, Place
from shared.procedures.short_forms import (
    NoCondition,
    with_every_breach,
    with_named_conditions,
    with_own_facts,
    with_subject,
    with_usual,
)
from shared.procedures.yaml_file import Document, Path

_PINNED = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*@[1-9][0-9]{0,5}")
_PARAMETER = re.compile(r"\$\{([a-z0-9_-]+)\}")
_MOST_PACKS = 50
_ANY_OTHER = "otherwise"
"""The text of a notice whose first occurrence has none."""

Shelf = Callable[[str, str], Document | None]
"""Reads `bases/<name>.yaml` or `packs/<name>.yaml`, given the folder's name and the part's; None: there is no such."""


@dataclass(frozen=True)
class Composed:
    """A procedure's data as it is validated, and where each part of it was written, by path."""

    data: Any
    places: Mapping[Path, Place]

    def place(self, path: Path) -> Place:
        """Where the value at the path was written, or the nearest part above it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places[path]


def compose(document: Document, name: str, shelf: Shelf) -> Composed:
    """Put the file `name` together; raises `ProcedureError` (message with line and path, `field` the file's name)."""
    composer = _Composer(name, shelf)
    whole = with_usual(composer.complete(_tree(document.data, document.lines, name, ()), ()))
    places: dict[Path, Place] = {}
    whole = with_every_breach(composer.with_conditions(composer.with_texts(whole)))
    return Composed(_plain(with_own_facts(whole), (), places), places)


def _tree(value: Any, lines: Mapping[Path, int], file: str, path: Path) -> Node:
    place = Place(file, lines.get(path, 1))
    if isinstance(value, dict):
        return Node({key: _tree(below, lines, file, (*path, key)) for key, below in value.items()}, place)
    if isinstance(value, list):
        return Node([_tree(below, lines, file, (*path, index)) for index, below in enumerate(value)], place)
    return Node(value, place)


def _plain(node: Node, path: Path, places: dict[Path, Place]) -> Any:
    places[path] = node.place
    if isinstance(node.value, dict):
        return {key: _plain(below, (*path, key), places) for key, below in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(below, (*path, index), places) for index, below in enumerate(node.value)]
    return node.value


class _Composer:
    def __init__(self, name: str, shelf: Shelf) -> None:
        self._name = name
        self._shelf = shelf

    def refusal(self, place: Place, path: str, message: str, hint: str) -> ProcedureError:
        where = "" if place.file == self._name else f"{place.file} "
        return ProcedureError(f"{where}line {place.line}: {path}: {message} ({hint})", field=self._name, hint=hint)

    def complete(self, own: Node, above: tuple[str, ...]) -> Node:
        """A file with its base and its packs; `above`: the names on whose behalf this is read."""
        if "extends" not in own.value and "use" not in own.value:
            return replace(own, value={key: self._kept(key, node) for key, node in own.value.items()})
        rest = {key: node for key, node in own.value.items() if key not in ("extends", "use")}
        below = Node({}, own.place)
        if "extends" in own.value:
            below = self._base(own.value["extends"], above)
        for pack in self._packs(own.value.get("use")):
            below = self._merged(below, pack)
        return self._merged(below, Node(rest, own.place))

    def _kept(self, key: str, node: Node) -> Node:
        return self._list(key, Node([], node.place), node) if _has_ids(node) else node

    def _base(self, asked: Node, above: tuple[str, ...]) -> Node:
        name = self._pinned(asked, "extends", "complaint@1")
        if name in above:
            raise self.refusal(asked.place, "extends", "a circle", " → ".join((*above, name)))
        found = self._read("bases", name, asked, "extends")
        found.value.pop("about", None)
        return self.complete(found, (*above, name))

    def _packs(self, use: Node | None) -> Iterable[Node]:
        if use is None:
            return
        if not isinstance(use.value, list) or len(use.value) > _MOST_PACKS:
            raise self.refusal(use.place, "use", "is a list of packs", "- {pack: approval@1, with: {…}}")
        for index, node in enumerate(use.value):
            path = f"use[{index}]"
            if not isinstance(node.value, dict) or "pack" not in node.value or node.value.keys() - {"pack", "with"}:
                raise self.refusal(node.place, path, "is not a pack", "{pack: approval@1, with: {…}}")
            asked = node.value["pack"]
            found = self._read("packs", self._pinned(asked, f"{path}.pack", "approval@1"), asked, f"{path}.pack")
            found.value.pop("about", None)
            declared = found.value.pop("parameters", Node({}, found.place))
            values = self._values(node, declared, path)
            yield self._filled(found, values)

    def _pinned(self, asked: Node, path: str, example: str) -> str:
        if not isinstance(asked.value, str) or not _PINNED.fullmatch(asked.value):
            raise self.refusal(asked.place, path, "names one version", f"write {example}")
        return asked.value

    def _read(self, folder: str, name: str, asked: Node, path: str) -> Node:
        document = self._shelf(folder, name)
        if document is None:
            raise self.refusal(asked.place, path, f"there is no {name}", f"it would be {folder}/{name}.yaml")
        return _tree(document.data, document.lines, f"{folder}/{name}.yaml", ())

    def _values(self, asked: Node, declared: Node, path: str) -> dict[str, Node]:
        given: dict[str, Node] = asked.value["with"].value if "with" in asked.value else {}
        if not isinstance(given, dict):
            raise self.refusal(asked.place, f"{path}.with", "is a mapping", "one value for each parameter")
        for name, node in given.items():
            if name not in declared.value:
                near = nearest(name, declared.value)
                known = ", ".join(declared.value)
                raise self.refusal(node.place, f"{path}.with.{name}", "is no parameter of the pack", near or known)
        values: dict[str, Node] = {}
        for name, about in declared.value.items():
            default = about.value.get("default") if isinstance(about.value, dict) else None
            value = given.get(name, default)
            if value is None:
                raise self.refusal(asked.place, f"{path}.with.{name}", "is missing", "the pack needs it")
            values[name] = value
        return values

    def _filled(self, node: Node, values: Mapping[str, Node]) -> Node:
        """The pack's part with its parameters in place; a key of which the parameter is null is left out."""
        value = node.value
        if isinstance(value, dict):
            filled = {self._text(key, node, values): self._filled(below, values) for key, below in value.items()}
            gone = {
                self._text(key, node, values)
                for key, below in value.items()
                if isinstance(below.value, str) and _PARAMETER.fullmatch(below.value)
            }
            return replace(node, value={k: v for k, v in filled.items() if v.value is not None or k not in gone})
        if isinstance(value, list):
            return replace(node, value=[self._filled(below, values) for below in value])
        if isinstance(value, str):
            if alone := _PARAMETER.fullmatch(value):
                return self._parameter(alone[1], node, values)
            return replace(node, value=self._text(value, node, values))
        return node

    def _text(self, text: str, node: Node, values: Mapping[str, Node]) -> str:
        return _PARAMETER.sub(lambda found: str(self._parameter(found[1], node, values).value), text)

    def _parameter(self, name: str, node: Node, values: Mapping[str, Node]) -> Node:
        if name not in values:
            raise self.refusal(node.place, "parameters", f"the pack has no parameter {name}", "declare it")
        return values[name]

    def _merged(self, below: Node, own: Node) -> Node:
        found = dict(below.value)
        for key, node in own.value.items():
            found[key] = self._over(key, found[key], node) if key in found else self._kept(key, node)
        return replace(own, value=found)

    def _over(self, path: str, below: Node, own: Node) -> Node:
        if isinstance(below.value, dict) and isinstance(own.value, dict):
            found = dict(below.value)
            for key, node in own.value.items():
                both = key in found and (_has_ids(found[key]) or _has_ids(node))
                found[key] = self._list(f"{path}.{key}", found[key], node) if both else node
            return replace(own, value=found)
        if _has_ids(below) or _has_ids(own):
            return self._list(path, below, own)
        return own

    def _list(self, path: str, below: Node, own: Node) -> Node:
        """Entries by id: where the base has one, there; new ones after them."""
        if not isinstance(own.value, list) or not isinstance(below.value, list):
            return own
        found = {_id(node) or str(index): node for index, node in enumerate(below.value)}
        new: list[Node] = []
        for node in own.value:
            id_ = _id(node)
            if isinstance(node.value, dict) and "remove" in node.value:
                self._drop(path, node, found)
            elif id_ is not None and id_ in found and id_ not in {_id(one) for one in new}:
                found[id_] = Node({**found[id_].value, **node.value}, node.place)
            else:
                new.append(node)
        return replace(own, value=[*found.values(), *new])

    def _drop(self, path: str, node: Node, found: dict[str, Node]) -> None:
        id_, place = _id(node), f"{path}[{_id(node)}]"
        if node.value.keys() != {"id", "remove"} or node.value["remove"].value is not True:
            raise self.refusal(node.place, place, "what is removed says nothing else", "{id: …, remove: true}")
        if id_ not in found:
            near = nearest(id_ or "", found)
            raise self.refusal(node.place, place, "there is nothing to remove", near or "the base has no such id")
        del found[id_]

    def with_conditions(self, whole: Node) -> Node:
        """With each condition that is only named in full."""
        try:
            return with_named_conditions(whole)
        except NoCondition as missing:
            raise self.refusal(missing.place, missing.path, missing.what, missing.hint) from None

    def with_texts(self, whole: Node) -> Node:
        """Each notice with its text, from those by occurrence or with the subject that it leaves out."""
        parts = dict(whole.value)
        texts = parts.pop("texts", None)
        known: dict[str, Node] = texts.value if texts is not None and isinstance(texts.value, dict) else {}
        if isinstance(parts.get("notices"), Node) and isinstance(parts["notices"].value, list):
            notices = [self._with_text(node, known) for node in parts["notices"].value]
            parts["notices"] = replace(parts["notices"], value=notices)
        return replace(whole, value=parts)

    def _with_text(self, notice: Node, known: Mapping[str, Node]) -> Node:
        if not isinstance(notice.value, dict):
            return notice
        text = notice.value.get("text")
        if text is not None and not isinstance(text.value, str):
            return replace(notice, value={**notice.value, "text": with_subject(text, notice.value.get("name"))})
        word = text.value if text is not None else _first_word(notice.value.get("at"))
        if text is None and word not in known:
            word = _ANY_OTHER
        if word in known:
            return replace(notice, value={**notice.value, "text": with_subject(known[word], notice.value.get("name"))})
        if text is None or not known:
            return notice
        raise self.refusal(
            text.place,
            f"notices[{_id(notice)}].text",
            f"there is no text for {word}",
            nearest(word, known) or f"there are texts for: {', '.join(known)}",
        )


def _first_word(at: Node | None) -> str:
    first = at.value[0].value if at is not None and isinstance(at.value, list) and at.value else None
    return first.partition(":")[0] if isinstance(first, str) else ""


def _has_ids(node: Node) -> bool:
    return isinstance(node.value, list) and any(_id(one) is not None for one in node.value)


def _id(node: Node) -> str | None:
    found = node.value.get("id") if isinstance(node.value, dict) else None
    return found.value if found is not None and isinstance(found.value, str) else None
