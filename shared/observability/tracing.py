"""Trace context (W3C Trace Context 1): what came with a request goes on with the events that it causes, and with what
those cause in turn. Huiyin makes no spans of its own; it passes on what its callers send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from uuid import UUID

_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_REQUEST: ContextVar[str | None] = ContextVar("traceparent", default=None)
_CASES: ContextVar[Mapping[UUID, str] | None] = ContextVar("traceparent_of_cases", default=None)


def valid(header: str | None) -> str | None:
    """A `traceparent` header of version 00 as it was sent; None for any other, and for ids that are all zeros."""
    found = _TRACEPARENT.fullmatch(header.strip()) if header else None
    if found is None or found[1] != "00" or not int(found[2], 16) or not int(found[3], 16):
        return None
    return found[0]


@contextmanager
def request_trace(header: str | None) -> Iterator[None]:
    """While this lasts, events carry the request's trace context."""
    token = _REQUEST.set(valid(header))
    try:
        yield
    finally:
        _REQUEST.reset(token)


@contextmanager
def case_traces(traces: Mapping[UUID, str]) -> Iterator[None]:
    """While this lasts, events of these cases carry the trace context of what is applied to each."""
    token = _CASES.set(traces)
    try:
        yield
    finally:
        _CASES.reset(token)


def current() -> str | None:
    """The present request's trace context."""
    return _REQUEST.get()


def of_case(case_id: UUID) -> str | None:
    """The trace context that an event of this case carries now."""
    return (_CASES.get() or {}).get(case_id) or _REQUEST.get()
