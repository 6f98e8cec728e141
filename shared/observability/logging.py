"""Logs: one JSON object a line on stderr. Keys come from an allow-list, values never hold what a person typed."""

from __future__ import annotations

import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import structlog

# Keys whose values may be identities: they are dropped wherever they turn up, whoever logs them.
_NEVER = frozenset(
    ("name", "phone", "email", "address", "employer", "content", "subject", "accused", "text", "body", "value", "input")
)
_LONGEST = 2_000


def _without_identity(_logger: Any, _method: str, entry: Any) -> Any:
    for key in _NEVER & entry.keys():
        entry[key] = "[withheld]"
    for key, value in entry.items():
        if isinstance(value, str) and len(value) > _LONGEST:
            entry[key] = value[:_LONGEST] + "…"
    return entry


def _traceback_without_values(_logger: Any, _method: str, entry: Any) -> Any:
    """An exception as its type and places: its message and its locals may hold what a person typed."""
    info = entry.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        places = traceback.extract_tb(info[2])
        entry["exception"] = info[0].__name__
        entry["at_lines"] = [f"{Path(place.filename).name}:{place.lineno} {place.name}" for place in places[-12:]]
    return entry


def set_up_logging(service: str, level: str = "INFO") -> None:
    """Send structlog's and the standard library's records to stderr as JSON, with the service's name."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        lambda _l, _m, entry: {"service": service, **entry},
        _traceback_without_values,
        _without_identity,
    ]
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processor=structlog.processors.JSONRenderer(ensure_ascii=False),
            foreign_pre_chain=shared,
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "httpx", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
