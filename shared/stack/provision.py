"""Make everything that the services need before they start: roles, databases, tables, topics.

The same code serves `huiyin up` on its embedded servers and `huiyin provision` on servers that exist. It can be run as
often as you like.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.events.topics import Topic
from shared.stack.databases import make_databases, service_url
from shared.stack.migrate import migrate, migrations_of
from shared.stack.topics import make_topics


@dataclass(frozen=True)
class Provisioned:
    """What was done, for a line on the screen."""

    topics_made: tuple[str, ...]
    migrated: tuple[str, ...]


def provision(*, kafka: str, admin_url: str, passwords: Mapping[str, str], topics: Sequence[Topic]) -> Provisioned:
    """Provision broker and databases at the same time; `passwords` names the services and their roles' passwords."""

    async def both() -> Provisioned:
        making = asyncio.create_task(asyncio.to_thread(make_topics, kafka, topics))
        try:
            migrated = await provision_databases(admin_url, passwords)
        finally:
            await asyncio.wait([making])
        return Provisioned(tuple(making.result()), migrated)

    return asyncio.run(both())


async def provision_databases(admin_url: str, passwords: Mapping[str, str]) -> tuple[str, ...]:
    """Make roles, databases and tables; returns the services whose tables were brought up to date."""
    await make_databases(admin_url, passwords)
    migrated = []
    for service, password in passwords.items():  # one after the other: Alembic has one context per process
        folder = migrations_of(service)
        if folder is not None and await migrate(service, folder, service_url(admin_url, service, password)):
            migrated.append(service)
    return tuple(migrated)
