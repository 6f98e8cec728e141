"""Trace context: what is passed on, and to which events."""

from __future__ import annotations

from uuid import UUID

import pytest

from shared.observability.tracing import case_traces, current, of_case, request_trace, valid

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize("header", [TRACE, f" {TRACE} "])
def test_a_header_of_version_00_is_passed_on(header: str) -> None:
    assert valid(header) == TRACE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "x",
        TRACE.upper(),
        TRACE + "-more",
        "01" + TRACE[2:],
        "00-" + "0" * 32 + "-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-" + "0" * 16 + "-01",
        "'; DROP TABLE outbox",
    ],
)
def test_any_other_header_is_dropped(header: str | None) -> None:
    assert valid(header) is None


def test_a_request_has_its_trace_until_it_ends() -> None:
    with request_trace(TRACE):
        assert (current(), of_case(ONE)) == (TRACE, TRACE)
    assert current() is None


def test_of_a_batch_each_case_has_its_own() -> None:
    with case_traces({ONE: OTHER}):
        assert (of_case(ONE), of_case(TWO)) == (OTHER, None)
    assert of_case(ONE) is None
