"""The two API keys that a home needs to work at all: one for the person at this machine, one between the services."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping

from huiyin.embedded.home import Home
from shared.security.acting import EVERY_OFFICE
from shared.security.keys import ensure_key, new_secret

LOCAL_KEY = "local"
SERVICE_KEY = "service"
METRICS_KEY = "metrics"
"""Only on servers with a Prometheus of their own: `huiyin provision` makes it known, a home does without."""
ACTS_AS = {LOCAL_KEY: (EVERY_OFFICE,)}
SCOPES = {LOCAL_KEY: ("*",), SERVICE_KEY: ("vault:read",), METRICS_KEY: ("metrics:read",)}


def home_keys(home: Home) -> dict[str, str]:
    """The secrets of both keys by name; made now if the home has none."""
    files = {LOCAL_KEY: home.local_key_file, SERVICE_KEY: home.service_key_file}
    return {name: home.secret(file.name, new_secret).read_text("utf-8").strip() for name, file in files.items()}


async def ensure_keys(database_urls: Iterable[str], secrets: Mapping[str, str]) -> None:
    """Make keys known in every database; `secrets` is by name, what they may do stands in `SCOPES` and `ACTS_AS`."""

    async def in_one(database_url: str) -> None:
        for name, secret in secrets.items():
            await ensure_key(database_url, name, SCOPES[name], secret, acts_as=ACTS_AS.get(name, ()))

    await asyncio.gather(*(in_one(url) for url in database_urls))
