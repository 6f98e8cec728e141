"""The cryptography of the identity vault: AES-256-GCM under one data key per case, which a master key wraps.

Whoever deletes a case's wrapped data key has made everything that was sealed for the case unreadable, backups of the
ciphertexts included. Each sealed value is bound to its place (`table|case|field|key version`), so that it cannot be
moved to another row. What has to be compared without being read gets a keyed hash (`Vault.index`): a bare hash of a
telephone number is no secret, because all numbers can be tried.

The master key's file holds 32 bytes as base64, one key a line, oldest first (`#` begins a comment). The last key
wraps; the earlier ones still unwrap. The first one is also what keyed hashes are derived from, so that they stay the
same when a key is added.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from shared.errors import HuiyinError

KEY_BYTES = 32
_NONCE_BYTES = 12  # random: far below the 2**32 values per key that NIST SP 800-38D allows


class VaultError(HuiyinError):
    """The vault cannot be opened: no key file, a key of another length, a sealed value that was changed or moved."""

    code = "vault"


@dataclass(frozen=True)
class CaseKey:
    """One case's data key. `version` is the master key that wraps it."""

    case_id: UUID
    version: int
    wrapped: bytes
    _cipher: AESGCM = field(repr=False, compare=False)

    def seal(self, table: str, name: str, value: str) -> bytes:
        """Encrypt a text for one place; the same text twice gives two ciphertexts."""
        return self.seal_bytes(table, name, value.encode())

    def seal_bytes(self, table: str, name: str, value: bytes) -> bytes:
        """The same for bytes."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, value, self._place(table, name))

    def open(self, table: str, name: str, sealed: bytes) -> str:
        """Decrypt what was sealed for this place; raises `VaultError` for anything else."""
        return self.open_bytes(table, name, sealed).decode()

    def open_bytes(self, table: str, name: str, sealed: bytes) -> bytes:
        """The same for bytes."""
        return _decrypt(self._cipher, sealed, self._place(table, name))

    def _place(self, table: str, name: str) -> bytes:
        # the data key outlives a change of the master key, and its ciphertexts with it: they carry version 1 for good
        return f"{table}|{self.case_id}|{name}|1".encode()


class Vault:
    """Makes and opens data keys, and hashes under keys that never leave it."""

    def __init__(self, masters: tuple[bytes, ...]) -> None:
        """`masters` are 32 bytes each, oldest first."""
        if not masters or any(len(master) != KEY_BYTES for master in masters):
            raise VaultError("a master key of the vault has 32 bytes", field="vault_key_file")
        self._wrapping = {version: AESGCM(_derive(master, "wrap")) for version, master in enumerate(masters, 1)}
        self._hashing = _derive(masters[0], "index")
        self.version = len(masters)
        """The version of the key that wraps now."""

    def new_key(self, case_id: UUID) -> CaseKey:
        """A fresh data key for a case."""
        data_key = os.urandom(KEY_BYTES)
        return CaseKey(case_id, self.version, self._wrap(case_id, data_key), AESGCM(data_key))

    def key(self, case_id: UUID, version: int, wrapped: bytes) -> CaseKey:
        """A case's data key from its row; raises `VaultError` if it was changed or belongs to another case."""
        return CaseKey(case_id, version, wrapped, AESGCM(self._unwrap(case_id, version, wrapped)))

    def rewrapped(self, key: CaseKey) -> CaseKey:
        """The same data key under the present master key; what it sealed stays as it is."""
        data_key = self._unwrap(key.case_id, key.version, key.wrapped)
        return CaseKey(key.case_id, self.version, self._wrap(key.case_id, data_key), AESGCM(data_key))

    def index(self, purpose: str, *parts: str) -> str:
        """A keyed hash of texts, 64 hexadecimal digits; other purposes or parts never share one."""
        message = b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in (purpose, *parts))
        return hmac.new(self._hashing, message, hashlib.sha256).hexdigest()

    def _wrap(self, case_id: UUID, data_key: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        place = _key_place(case_id, self.version)
        return nonce + self._wrapping[self.version].encrypt(nonce, data_key, place)

    def _unwrap(self, case_id: UUID, version: int, wrapped: bytes) -> bytes:
        cipher = self._wrapping.get(version)
        if cipher is None:
            raise VaultError("the master key that wraps this data key is not in the key file", field="vault_key_file")
        return _decrypt(cipher, wrapped, _key_place(case_id, version))


def open_vault(path: Path | None) -> Vault:
    """The vault over the master keys in a file.

    Raises `VaultError` in one clear line if there is no file, or if it does not hold keys; never with its content.
    """
    if path is None:
        raise VaultError(
            "the identity vault needs its master key: HUIYIN_VAULT_KEY_FILE names no file",
            field="vault_key_file",
            hint="make one: openssl rand -base64 32 > vault.key; chmod 400 vault.key",
        )
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise VaultError(
            f"the master key of the vault cannot be read: {path}",
            field="vault_key_file",
            hint="the file must be there, readable for the service, and base64 text",
        ) from None
    texts = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    try:
        masters = tuple(base64.b64decode(text, validate=True) for text in texts)
    except binascii.Error:
        masters = ()
    if not masters or any(len(master) != KEY_BYTES for master in masters):
        raise VaultError(
            f"{path} does not hold master keys of 32 bytes in base64",
            field="vault_key_file",
            hint="one key a line, oldest first: openssl rand -base64 32",
        )
    return Vault(masters)


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"huiyin vault {purpose} v1".encode()).derive(
        master
    )


def _key_place(case_id: UUID, version: int) -> bytes:
    return f"vault_keys|{case_id}|wrapped|{version}".encode()


def _decrypt(cipher: AESGCM, sealed: bytes, place: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise VaultError("a sealed value was changed, moved, or sealed under another key") from None
