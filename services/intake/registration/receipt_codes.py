"""Receipt codes: what a complainant asks after the case with. 60 random bits, easy to read out and to type."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
_LENGTH, _GROUP = 12, 4
_MEANT = str.maketrans("ILO", "110")
_COST = {"n": 128, "r": 8, "p": 1, "dklen": 32}  # about 0.4 ms: the code has too many bits to be tried anyway


def new_code() -> str:
    """A fresh code, as it is shown: `XXXX-XXXX-XXXX`."""
    bits = secrets.randbits(5 * _LENGTH)
    letters = "".join(ALPHABET[bits >> 5 * place & 31] for place in range(_LENGTH))
    return "-".join(letters[at : at + _GROUP] for at in range(0, _LENGTH, _GROUP))


def hashed(code: str, salt: str) -> bytes:
    """What is kept of a code; `salt` is a keyed hash of the case, so that a copy of the table alone is of no use.

    Case, spaces, dashes, full-width letters and the likenesses I/L/1 and O/0 do not matter.
    """
    meant = unicodedata.normalize("NFKC", code).upper().translate(_MEANT)
    typed = "".join(c for c in meant if c in ALPHABET)[: _LENGTH + 1]
    return hashlib.scrypt(typed.encode(), salt=salt.encode(), **_COST)


def matches(code: str, salt: str, expected: bytes) -> bool:
    """Whether it is that code, in the same time whatever the answer."""
    return hmac.compare_digest(hashed(code, salt), expected)
