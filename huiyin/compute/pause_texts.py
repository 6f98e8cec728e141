"""Pauses as JSON: pairs of instants, the second one null while a pause has not ended."""

from __future__ import annotations

import json

from huiyin.compute.instant_texts import instant_from
from shared.business_time.pauses import FOREVER, united_spans
from shared.errors import InvalidInput

Spans = list[tuple[int, int]]
"""Disjoint and in order, microseconds since the epoch; `FOREVER` ends what has not ended."""

_MOST = 4_096
_MOST_TEXTS = 64
"""Patterns remembered, beyond which the memory starts afresh; and texts in one, beyond which it is not remembered."""

_patterns: dict[tuple[str, ...], list[tuple[int, int | None]]] = {}
"""By what stands between the texts of a list: which texts make each pair."""


def spans_from(pauses: object) -> Spans:
    """The union of pauses as they come out of JSON; none for what is empty or null. Raises `InvalidInput`."""
    if not pauses:
        return []
    if not isinstance(pauses, list):
        raise InvalidInput("pauses are a list of pairs", field="pauses")
    spans: Spans = []
    for pair in pauses:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InvalidInput("pauses are a list of pairs", field="pauses")
        spans.append((instant_from(pair[0], "pauses"), FOREVER if pair[1] is None else instant_from(pair[1], "pauses")))
    return united_spans(spans)


def spans_within(text: str) -> Spans:
    """As `spans_from`, of what stands between `[[` and `]]` in a line without backslash.

    Raises `InvalidInput`, or `ValueError` if it is no JSON. Two texts in which the same stands between the quotes
    differ in nothing but what is quoted, so that the second needs no parsing.
    """
    parts = text.split('"')
    between = tuple(parts[::2])
    pairs = _patterns.get(between) if len(parts) % 2 else None  # an even number of parts: a quote too many
    if pairs is None:
        spans = spans_from(json.loads(f"[[{text}]]"))
        if len(between) <= _MOST_TEXTS:
            if len(_patterns) >= _MOST:
                _patterns.clear()
            _patterns[between] = _pairs(between)
        return spans
    return united_spans(
        [
            (
                instant_from(parts[begins], "pauses"),
                FOREVER if ends is None else instant_from(parts[ends], "pauses"),
            )
            for begins, ends in pairs
        ]
    )


def _pairs(between: tuple[str, ...]) -> list[tuple[int, int | None]]:
    """Which parts of a text make each pair: the text is read once more, with their numbers in their places."""
    numbered = "".join(f'{part}"{2 * index + 1}"' for index, part in enumerate(between[:-1])) + between[-1]
    return [(int(begins), None if ends is None else int(ends)) for begins, ends in json.loads(f"[[{numbered}]]")]
