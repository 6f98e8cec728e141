"""Connections to a service's own database."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

# SQLSTATE classes and codes after which the same work may succeed: connection, resources, operator intervention,
# serialisation failure, deadlock, lock not available.
_PASSING_CLASSES = ("08", "53", "57")
_PASSING_CODES = ("40001", "40P01", "55P03", "25P03")


def open_database(url: str, *, size: int = 10) -> AsyncEngine:
    """An engine over asyncpg. `hide_parameters`: an error never shows values, which may be identities (leak L2)."""
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=size,
        pool_pre_ping=True,
        pool_timeout=10,
        pool_recycle=1800,
        hide_parameters=True,
        connect_args={
            "timeout": 10,
            "command_timeout": 60,
            "server_settings": {"application_name": "huiyin", "jit": "off"},
        },
    )


def is_passing(error: BaseException) -> bool:
    """Whether the database or the network, not the work, is to blame: the same work may succeed later."""
    if isinstance(error, OSError | asyncio.TimeoutError | PoolTimeout | asyncpg.InterfaceError):
        return True
    if isinstance(error, InterfaceError | OperationalError):
        return True
    if isinstance(error, DBAPIError):
        if error.connection_invalidated:
            return True
        code = sqlstate(error)
        return code is not None and (code in _PASSING_CODES or code[:2] in _PASSING_CLASSES)
    return False


def sqlstate(error: DBAPIError) -> str | None:
    """The five-character SQLSTATE of a database error, where it has one."""
    found: Any = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    return str(found) if found else None
