"""Health: alive (the process answers) and ready (its parts answer too)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

Check = Callable[[], Awaitable[str | None]]
"""A check returns None when all is well, else one line on what is wrong."""

_PATIENCE_SECONDS = 3.0


async def readiness(checks: Mapping[str, Check]) -> tuple[bool, dict[str, str]]:
    """Run all checks side by side: (all well, name -> "ok" or what is wrong)."""
    answers = await asyncio.gather(*(_patiently(check) for check in checks.values()))
    found = {name: answer or "ok" for name, answer in zip(checks, answers, strict=True)}
    return all(answer is None for answer in answers), found


async def _patiently(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), _PATIENCE_SECONDS)
    except TimeoutError:
        return "does not answer in time"
    except Exception as error:
        return type(error).__name__
