"""What a file may write shortly: numbers of its own facts, texts of one sentence, conditions by their names, usual
entries by their ids, the breach of every clock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.procedures.nearest import nearest
from shared.procedures.nodes import Node, Place

_EVERY_BREACH = "breached:*"


@dataclass(frozen=True)
class NoCondition(Exception):
    """A condition is named that cannot be put in its place: where, and why not."""

    place: Place
    path: str
    what: str
    hint: str


def with_named_conditions(whole: Node) -> Node:
    """Put what `conditions` says in place of every `{condition: <name>}`. Raises `NoCondition`."""
    parts = dict(whole.value)
    named = parts.pop("conditions", None)
    known: Mapping[str, Node] = named.value if named is not None and isinstance(named.value, dict) else {}
    return _in_full(replace(whole, value=parts), known, "", ())


def _in_full(node: Node, known: Mapping[str, Node], path: str, above: tuple[str, ...]) -> Node:
    if isinstance(node.value, list):
        below = [_in_full(one, known, f"{path}[{_name(one, index)}]", above) for index, one in enumerate(node.value)]
        return replace(node, value=below)
    if not isinstance(node.value, dict):
        return node
    if node.value.keys() != {"condition"}:
        start = f"{path}." if path else ""
        return replace(
            node, value={key: _in_full(one, known, f"{start}{key}", above) for key, one in node.value.items()}
        )
    name = node.value["condition"].value
    if not isinstance(name, str) or name not in known:
        hint = nearest(str(name), known) or (
            f"there are: {', '.join(known)}" if known else "declare it in `conditions`"
        )
        raise NoCondition(node.place, path, f"there is no condition {name}", hint)
    if name in above:
        raise NoCondition(node.place, path, "a circle of conditions", " → ".join((*above, name)))
    return _in_full(known[name], known, path, (*above, name))


def _name(node: Node, index: int) -> str:
    id_ = node.value.get("id") if isinstance(node.value, dict) else None
    return str(id_.value) if id_ is not None else str(index)


def with_usual(whole: Node) -> Node:
    """Put below each entry what a base says in `usual` of one with its id; of an id that no entry has it says nothing.

    So `channels: [{id: telephone}]` has the usual name, and a file that takes no telephone calls has no such channel.
    """
    parts = dict(whole.value)
    usual = parts.pop("usual", None)
    if usual is None:
        return whole
    for key, entries in usual.value.items():
        known = {one.value["id"].value: one for one in entries.value}
        node = parts.get(key)
        if node is not None and isinstance(node.value, list):
            parts[key] = replace(node, value=[_over_usual(one, known) for one in node.value])
    return replace(whole, value=parts)


def _over_usual(entry: Node, known: Mapping[str, Node]) -> Node:
    id_ = entry.value.get("id") if isinstance(entry.value, dict) else None
    below = known.get(id_.value) if id_ is not None and isinstance(id_.value, str) else None
    return entry if below is None else replace(entry, value={**below.value, **entry.value})


def with_every_breach(whole: Node) -> Node:
    """The same with `breached:<clock>` of every clock in place of `breached:*` in a notice's `at`."""
    clocks, notices = whole.value.get("clocks"), whole.value.get("notices")
    if clocks is None or notices is None or not isinstance(clocks.value, list) or not isinstance(notices.value, list):
        return whole
    breaches = [f"breached:{_name(one, index)}" for index, one in enumerate(clocks.value)]
    told = replace(notices, value=[_of_every(one, breaches) for one in notices.value])
    return replace(whole, value={**whole.value, "notices": told})


def _of_every(notice: Node, breaches: list[str]) -> Node:
    at = notice.value.get("at") if isinstance(notice.value, dict) else None
    if at is None or not isinstance(at.value, list):
        return notice
    named = [
        replace(one, value=word)
        for one in at.value
        for word in (breaches if one.value == _EVERY_BREACH else [one.value])
    ]
    return replace(notice, value={**notice.value, "at": replace(at, value=named)})


def with_own_facts(whole: Node) -> Node:
    """The same with the whole id of each fact that `source` or `not_enforced` gives by its number alone."""
    id_ = whole.value.get("id")
    if id_ is None or not isinstance(id_.value, str):
        return whole
    parts = dict(whole.value)
    reasons = parts.get("not_enforced")
    if reasons is not None and isinstance(reasons.value, list):
        parts["not_enforced"] = replace(reasons, value=[one for node in reasons.value for one in _by_fact(node)])
    return _named_facts(replace(whole, value=parts), id_.value)


def _by_fact(reason: Node) -> list[Node]:
    """A reason for several facts, once for each."""
    facts = reason.value.get("fact") if isinstance(reason.value, dict) else None
    if facts is None or not isinstance(facts.value, list):
        return [reason]
    return [replace(reason, value={**reason.value, "fact": one}) for one in facts.value]


def _named_facts(node: Node, procedure: str) -> Node:
    if isinstance(node.value, dict):
        below = {key: _named_facts(one, procedure) for key, one in node.value.items()}
        if isinstance(node.value.get("source"), Node) and isinstance(below["source"].value, list):
            named = [_own_fact(one, procedure) for one in below["source"].value]
            below["source"] = replace(below["source"], value=named)
        if "fact" in below:
            below["fact"] = _own_fact(below["fact"], procedure)
        return replace(node, value=below)
    if isinstance(node.value, list):
        return replace(node, value=[_named_facts(one, procedure) for one in node.value])
    return node


def _own_fact(node: Node, procedure: str) -> Node:
    own = isinstance(node.value, int) and not isinstance(node.value, bool) and node.value > 0
    return replace(node, value=f"{procedure}.{node.value:02}") if own else node


def with_subject(text: Node, name: Node | None) -> Node:
    """A text whose languages are each one sentence, with the notice's name as subject."""
    names = name.value if name is not None and isinstance(name.value, dict) else {}
    if not isinstance(text.value, dict):
        return text

    def whole(language: str, node: Node) -> Node:
        if not isinstance(node.value, str) or language not in names:
            return node
        subject = replace(names[language], value=f"{names[language].value} {{{{case_number}}}}")
        return replace(node, value={"subject": subject, "body": node})

    return replace(text, value={language: whole(language, node) for language, node in text.value.items()})
