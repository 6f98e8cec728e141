"""Signed records: Standard Webhooks 1.0 with ed25519 (`v1a`), in the headers of a Kafka record.

What is signed is `id.timestamp.body`: the event's id, POSIX seconds, and the bytes of the record's value. Huiyin keeps
public keys only, so nobody who reads its databases can sign in a department's name. Keys are written as `whsk_` (the
private one, its seed of 32 bytes) and `whpk_` (the public one, 32 bytes) before base64.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.errors import InvalidInput
from shared.events.headers import ID, KEY, MEANINGS, SIGNATURE, TIMESTAMP

TOLERANCE = timedelta(minutes=5)
Fault = Literal["unsigned", "malformed-signature", "other-id", "stale", "wrong-signature"]
"""Why a record's signature does not count; `stale`: it was appended long before or after it was signed."""

_PRIVATE, _PUBLIC = "whsk_", "whpk_"
_VERSION = "v1a,"
_SECONDS = re.compile(r"[0-9]{1,12}")
_MOST_SIGNATURES = 8


def new_private_key() -> str:
    """A new private key as text, to be shown once."""
    return _PRIVATE + base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def public_key_of(private_key: str) -> bytes:
    """The public key (32 bytes) of a private one. Raises `InvalidInput` for a text of another form."""
    return _opened(private_key).public_key().public_bytes_raw()


def public_text(public_key: bytes) -> str:
    """A public key as people pass it on."""
    return _PUBLIC + base64.b64encode(public_key).decode()


class RecordSigner:
    """Signs records under the name of an API key."""

    def __init__(self, key: str, private_key: str) -> None:
        """Raises `InvalidInput` for a private key of another form."""
        self._key = key
        self._private = _opened(private_key)

    def headers(self, id: str, body: bytes, now: datetime) -> list[tuple[str, bytes]]:
        """The headers of a record with this event id and value; `now` is the time of day, whatever clock cases are on.

        A record that is sent again is signed again: its age is counted from here.
        """
        timestamp = str(int(now.timestamp()))
        signature = base64.b64encode(self._private.sign(_content(id, timestamp, body)))
        return [
            (ID, id.encode()),
            (TIMESTAMP, timestamp.encode()),
            (SIGNATURE, _VERSION.encode() + signature),
            (KEY, self._key.encode()),
        ]


def signing_key(headers: Mapping[str, str]) -> str | None:
    """The name of the key that a record says it is signed with; None where a header of a signature is missing."""
    return headers[KEY] if all(headers.get(name) for name in MEANINGS) else None


def check_signature(
    headers: Mapping[str, str], body: bytes, id: str, appended_at: datetime, public_keys: Iterable[bytes]
) -> Fault | None:
    """Why the signature of a record does not count; None if it does.

    `id` is the event's, `appended_at` when the broker took the record. Any one of the `public_keys` and of the
    signatures suffices, so that both sides can change keys at their own time.
    """
    if signing_key(headers) is None:
        return "unsigned"
    timestamp = headers[TIMESTAMP]
    signatures = [text for text in headers[SIGNATURE].split(" ") if text.startswith(_VERSION)][:_MOST_SIGNATURES]
    if not _SECONDS.fullmatch(timestamp) or not signatures:
        return "malformed-signature"
    if headers[ID] != id:
        return "other-id"
    if abs(appended_at.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
        return "stale"
    content = _content(id, timestamp, body)
    known = [Ed25519PublicKey.from_public_bytes(key) for key in public_keys]
    good = any(_verifies(key, text.removeprefix(_VERSION), content) for text in signatures for key in known)
    return None if good else "wrong-signature"


def _content(id: str, timestamp: str, body: bytes) -> bytes:
    return f"{id}.{timestamp}.".encode() + body


def _verifies(key: Ed25519PublicKey, signature: str, content: bytes) -> bool:
    try:
        key.verify(base64.b64decode(signature, validate=True), content)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _opened(private_key: str) -> Ed25519PrivateKey:
    try:
        seed = base64.b64decode(private_key.strip().removeprefix(_PRIVATE), validate=True)
        return Ed25519PrivateKey.from_private_bytes(seed)
    except (binascii.Error, ValueError):
        raise InvalidInput(
            "this is not a private key",
            field="private_key",
            hint="whsk_ and base64 of 32 bytes: huiyin keys new --signing",
        ) from None
