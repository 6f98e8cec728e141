"""API keys: `hyk_` and 32 random bytes, stored as their SHA-256, shown once.

A key is a high-entropy secret, so a plain hash is enough; it is compared by the database's own index. Scopes are
`area:verb`; `*` holds every scope. `acts_as` are the offices in whose name its holder may act, as `procedure/office`
(see `shared.security.acting`); no scope includes one. Public keys by which its holder's records are verified stand
beside it; a key that is made anew under its name ends them.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from shared.errors import Unauthorised
from shared.security.acting import Principal, Signer

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
    "notices:read": "read notices and follow-ups",
    "notices:write": "record answers to follow-ups and satisfaction",
    "metrics:read": "read metrics",
}
_KEEP_SECONDS = 5.0


def key_tables(metadata: MetaData) -> None:
    """Declare the tables of keys in a service's metadata."""
    Table(
        "api_keys",
        metadata,
        Column("hash", LargeBinary, primary_key=True),
        Column("name", Text, nullable=False, unique=True),
        Column("scopes", ARRAY(Text), nullable=False),
        Column("acts_as", ARRAY(Text), nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True)),
        Column("revoked_at", DateTime(timezone=True)),
    )
    Table(
        "signing_keys",
        metadata,
        Column("public_key", LargeBinary, primary_key=True),
        Column("name", Text, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False),
        Column("expires_at", DateTime(timezone=True)),
        Index("signing_keys_name", "name"),
    )


def new_secret() -> str:
    """A new key's secret, to be shown once."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of a key."""
    return hashlib.sha256(secret.encode()).digest()


_ENSURE = text(
    """
    INSERT INTO api_keys (hash, name, scopes, acts_as, made_at, expires_at)
    VALUES (:hash, :name, :scopes, :acts_as, :now, :expires)
    ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, acts_as = excluded.acts_as,
        revoked_at = NULL, expires_at = excluded.expires_at
    """
)
_FORGET_SIGNING = text("DELETE FROM signing_keys WHERE name = :name")
_ADD_SIGNING = text("INSERT INTO signing_keys (public_key, name, made_at) VALUES (:public_key, :name, :now)")
_END_SIGNING = text(
    """
    UPDATE signing_keys SET expires_at = :ends
    WHERE name = :name AND (expires_at IS NULL OR expires_at > :ends)
        AND EXISTS (SELECT FROM api_keys WHERE name = :name AND revoked_at IS NULL)
    """
)
_FIND = text("SELECT name, scopes, acts_as, expires_at FROM api_keys WHERE hash = :hash AND revoked_at IS NULL")
_FIND_SIGNER = text(
    """
    SELECT k.name, k.scopes, k.acts_as,
        ARRAY(SELECT s.public_key FROM signing_keys s
              WHERE s.name = k.name AND (s.expires_at IS NULL OR s.expires_at > :now) ORDER BY s.made_at) AS public_keys
    FROM api_keys k WHERE k.name = :name AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > :now)
    """
)
_LIST = text(
    """
    SELECT name, scopes, acts_as, made_at, expires_at, revoked_at,
        (SELECT count(*) FROM signing_keys s WHERE s.name = k.name AND (s.expires_at IS NULL OR s.expires_at > now()))
            AS signing
    FROM api_keys k ORDER BY name
    """
)
_REVOKE = text("UPDATE api_keys SET revoked_at = :now WHERE name = :name AND revoked_at IS NULL")


async def ensure_key(
    database_url: str,
    name: str,
    scopes: Iterable[str],
    secret: str,
    *,
    acts_as: Iterable[str] = (),
    public_key: bytes | None = None,
    expires_in: timedelta | None = None,
) -> None:
    """Make a key known to one service's database; the same name again replaces it, and ends its signing keys.

    `public_key` (32 bytes) verifies what its holder signs.
    """
    now = datetime.now(UTC)  # a key's life is counted in real time, whatever clock the cases run on
    key = {
        "hash": digest(secret),
        "name": name,
        "scopes": sorted(scopes),
        "acts_as": sorted(acts_as),
        "now": now,
        "expires": now + expires_in if expires_in else None,
    }
    async with _transaction(database_url) as tx:
        await tx.execute(_ENSURE, key)
        await tx.execute(_FORGET_SIGNING, {"name": name})
        if public_key is not None:
            await tx.execute(_ADD_SIGNING, {"name": name, "public_key": public_key, "now": now})


async def rotate_signing_key(database_url: str, name: str, public_key: bytes, *, overlap: timedelta) -> bool:
    """Give a key that signs a new public key; the earlier ones are good for `overlap` longer.

    Returns whether one of this name signs here; nothing is changed otherwise.
    """
    now = datetime.now(UTC)
    async with _transaction(database_url) as tx:
        if not (await tx.execute(_END_SIGNING, {"name": name, "ends": now + overlap})).rowcount:
            return False
        await tx.execute(_ADD_SIGNING, {"name": name, "public_key": public_key, "now": now})
        return True


async def revoke_key(database_url: str, name: str) -> bool:
    """Revoke a key in one service's database; it is refused within `_KEEP_SECONDS`, and so is what it signs.

    Returns whether there was one.
    """
    async with _transaction(database_url) as tx:
        return bool((await tx.execute(_REVOKE, {"name": name, "now": datetime.now(UTC)})).rowcount)


@dataclass(frozen=True)
class KnownKey:
    """A key as a database knows it: everything but its secret. Instants are UTC and real time.

    `signing`: how many public keys verify its records now.
    """

    name: str
    scopes: tuple[str, ...]
    acts_as: tuple[str, ...]
    signing: int
    made_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


async def list_keys(database_url: str) -> list[KnownKey]:
    """Every key that one service's database knows, by name, revoked ones too."""
    async with _transaction(database_url) as tx:
        return [
            KnownKey(
                row.name,
                tuple(row.scopes),
                tuple(row.acts_as),
                row.signing,
                row.made_at,
                row.expires_at,
                row.revoked_at,
            )
            for row in await tx.execute(_LIST)
        ]


@asynccontextmanager
async def _transaction(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(database_url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.begin() as tx:
            yield tx
    finally:
        await engine.dispose()


async def find_signer(tx: AsyncConnection, name: str, now: datetime) -> Signer | None:
    """Whose public keys verify records under this key's name; None for one that is unknown, revoked or expired.

    `now` is real time.
    """
    row = (await tx.execute(_FIND_SIGNER, {"name": name, "now": now})).first()
    if row is None:
        return None
    principal = Principal(row.name, frozenset(row.scopes), frozenset(row.acts_as))
    return Signer(principal, tuple(bytes(key) for key in row.public_keys))


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
        principal = Principal(row.name, frozenset(row.scopes), frozenset(row.acts_as))
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[hashed] = (time.monotonic() + _KEEP_SECONDS, principal)
        return principal
