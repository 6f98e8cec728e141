"""The headers of a record that carry its signature: Standard Webhooks 1.0, and the name of the key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"
KEY: Final = "huiyin-key"
MEANINGS: Final = {
    ID: "the event's id, as in the record",
    TIMESTAMP: "when the record was signed, POSIX seconds",
    SIGNATURE: "v1a, and base64 of the ed25519 signature of id.timestamp.body; several, with a space between them",
    KEY: "the name of the API key whose private key signed it",
}
_LONGEST = 1024


def signature_headers(given: Iterable[tuple[str, bytes]] | None) -> dict[str, str]:
    """Of a record's headers, those of its signature that are ASCII and at most 1024 bytes long; the last of a name."""
    return {
        name: value.decode()
        for name, value in given or ()
        if name in MEANINGS and value is not None and len(value) <= _LONGEST and value.isascii()
    }
