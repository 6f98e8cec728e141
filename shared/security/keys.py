"""API keys: `hyk_` and 32 random bytes, stored as their SHA-256, shown once.

A key is a high-entropy secret, so a plain hash is enough; it is compared by the database's own index. Scopes are
`area:verb`; `*` holds every scope.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.errors import Forbidden, Unauthorised

PREFIX = "hyk_"
SCOPES = {
    "complaints:write": "register complaints, supplements, withdrawals",
    "cases:read": "read cases and timelines without identities",
    "admissions:write": "decide on held complaints",
    "procedures:migrate": "move open cases to another version of their procedure",
    "vault:read": "read a complainant's contact and the complaint's text",
    "reports:write": "report milestones for a department, sign recurring reports off",
    "reports:read": "read recurring reports and their figures",
    "clocks:read": "read clocks and their explanation",
    "notices:read": "read notices and call-backs",
    "notices:write": "record call-backs and satisfaction",
    "metrics:read": "read metrics",
}
_KEEP_SECONDS = 5.0


def api_keys_table(metadata: MetaData) -> Table:
    """Declare the table of keys in a service's metadata."""
    return Table(
        "api_keys",
        metadata,
        Column("hash", LargeBinary, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("scopes", ARRAY(Text), nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True)),
        Column("revoked_at", DateTime(timezone=True)),
    )


@dataclass(frozen=True)
class Principal:
    """Who calls: the key's name and scopes."""

    name: str
    scopes: frozenset[str]

    def require(self, scope: str) -> None:
        """Raise `Forbidden` without the scope."""
        if "*" not in self.scopes and scope not in self.scopes:
            raise Forbidden(f"this key lacks the scope {scope}")


def new_secret() -> str:
    """A new key's secret, to be shown once."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).digest()


_ENSURE = text(
    """
    INSERT INTO api_keys (hash, name, scopes, made_at, expires_at) VALUES (:hash, :name, :scopes, :now, :expires)
    ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, revoked_at = NULL,
        expires_at = excluded.expires_at
    """
)
_FIND = text("SELECT name, scopes, expires_at FROM api_keys WHERE hash = :hash AND revoked_at IS NULL")
_LIST = text("SELECT name, scopes, made_at, expires_at, revoked_at FROM api_keys ORDER BY name")
_REVOKE = text("UPDATE api_keys SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL")


async def ensure_key(
    database_url: str, name: str, scopes: Iterable[str], secret: str, *, expires_in: timedelta | None = None
) -> None:
    """Make a key known to one service's database; the same name again replaces it."""
    now = datetime.now(UTC)  # a key's life is counted in real time, whatever clock the cases run on
    engine = create_async_engine(database_url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as tx:
            await tx.execute(
                _ENSURE,
                {
                    "hash": digest(secret),
                    "name": name,
                    "scopes": sorted(scopes),
                    "now": now,
                    "expires": now + expires_in if expires_in else None,
                },
            )
    finally:
        await engine.dispose()


async def revoke_key(database_url: str, name: str) -> bool:
    """Revoke a key in one service's database; it is refused within `_KEEP_SECONDS`. Returns whether there was one."""
    engine = create_async_engine(database_url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as tx:
            return bool((await tx.execute(_REVOKE, {"name": name, "now": datetime.now(UTC)})).rowcount)
    finally:
        await engine.dispose()


@dataclass(frozen=True)
class KnownKey:
    """A key as a database knows it: everything but its secret. Instants are UTC and real time."""

    name: str
    scopes: tuple[str, ...]
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def list_keys(database_url: str) -> list[KnownKey]:
    """Every key that one service's database knows, by name, revoked ones too."""
    engine = create_async_engine(database_url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            return [
                KnownKey(row.name, tuple(row.scopes), row.made_at, row.expires_at, row.revoked_at)
                for row in await connection.execute(_LIST)
            ]
    finally:
        await engine.dispose()


class KeyRing:
    """Looks keys up in a service's own database, and remembers an answer for five seconds."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: dict[bytes, tuple[float, Principal]] = {}

    async def identify(self, secret: str) -> Principal:
        """Who holds this secret. Raises `Unauthorised` for one that is unknown, revoked or expired."""
        hashed = digest(secret)
        remembered = self._known.get(hashed)
        if remembered and remembered[0] > time.monotonic():
            return remembered[1]
        self._known.pop(hashed, None)
        async with self._engine.connect() as connection:
            row = (await connection.execute(_FIND, {"hash": hashed})).first()
        if row is None or (row.expires_at is not None and row.expires_at < datetime.now(UTC)):
            raise Unauthorised("this API key is not known here", hint="huiyin keys new makes one")
        principal = Principal(row.name, frozenset(row.scopes))
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[hashed] = (time.monotonic() + _KEEP_SECONDS, principal)
        return principal
