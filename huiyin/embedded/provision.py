"""Make everything that the services need before they start: roles, databases, tables, topics.

The same code serves `huiyin up` on its embedded servers and `huiyin provision` on servers that exist. It can be run as
often as you like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from huiyin.embedded.broker.topics import make_topics
from huiyin.embedded.database.databases import make_databases, service_url
from huiyin.embedded.database.migrate import migrate, migrations_of
from huiyin.embedded.keys import ensure_keys
from shared.events.topics import Topic


@dataclass(frozen=True)
class Provisioned:
    """What was done, for a line on the screen: topics made, services whose tables were brought up to date."""

    topics_made: tuple[str, ...]
    migrated: tuple[str, ...]


def provision(
    *, kafka: str, admin_url: str, passwords: Mapping[str, str], topics: Sequence[Topic], keys: Mapping[str, str]
) -> Provisioned:
    """Provision broker and databases; `passwords` names the services and their roles' passwords, `keys` the API keys.

    Raises `Unavailable` if one of the two does not answer, `StackError` if it must not be used.
    """
    migrated = asyncio.run(provision_databases(admin_url, passwords, keys))
    return Provisioned(tuple(make_topics(kafka, topics)), migrated)


async def provision_databases(admin_url: str, passwords: Mapping[str, str], keys: Mapping[str, str]) -> tuple[str, ...]:
    """Make roles, databases, tables and API keys; returns the services whose tables were brought up to date.

    A service without migrations gets its empty database and no keys.
    """
    await make_databases(admin_url, passwords)
    migrated, urls = [], []
    for service, password in passwords.items():  # one after the other: Alembic has one context per process
        folder = migrations_of(service)
        if folder is not None:
            urls.append(service_url(admin_url, service, password))
            if await migrate(service, folder, urls[-1]):
                migrated.append(service)
    if urls and keys:
        await ensure_keys(urls, keys)
    return tuple(migrated)
