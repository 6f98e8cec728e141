"""The vault's cryptography: a value opens in its own place only, and nothing but its key opens it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.security.vault import Vault, VaultError, open_vault

ONE, TWO = UUID(int=1), UUID(int=2)
MASTER = bytes(range(32))


@pytest.fixture(scope="module")
def vault() -> Vault:
    return Vault((MASTER,))


@settings(deadline=None)  # a busy machine is no mistake
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_opens_again(text: str) -> None:
    key = Vault((MASTER,)).new_key(ONE)
    assert key.open("vault_fields", "name", key.seal("vault_fields", "name", text)) == text


def test_the_same_value_twice_gives_two_ciphertexts_without_the_value(vault: Vault) -> None:
    key = vault.new_key(ONE)
    one, other = (key.seal("vault_fields", "name", "13800138000") for _ in range(2))
    assert one != other
    assert b"13800138000" not in one + other


def test_no_nonce_is_used_twice(vault: Vault) -> None:
    key = vault.new_key(ONE)
    assert len({key.seal("t", "f", "")[:12] for _ in range(20_000)}) == 20_000


def test_a_sealed_value_opens_in_no_other_place(vault: Vault) -> None:
    key = vault.new_key(ONE)
    sealed = key.seal("vault_fields", "name", "张三")
    for table, name in (("vault_fields", "phone"), ("vault_documents", "name"), ("idempotency", "name")):
        with pytest.raises(VaultError):
            key.open(table, name, sealed)


def test_a_sealed_value_opens_for_no_other_case_even_under_the_same_data_key(vault: Vault) -> None:
    key = vault.new_key(ONE)
    sealed = key.seal("vault_fields", "name", "张三")
    with pytest.raises(VaultError):
        vault.key(TWO, 1, key.wrapped)
    moved = replace(key, case_id=TWO)
    with pytest.raises(VaultError):
        moved.open("vault_fields", "name", sealed)


def test_every_flipped_bit_is_found(vault: Vault) -> None:
    key = vault.new_key(ONE)
    sealed = key.seal("vault_fields", "name", "张三")
    for bit in range(len(sealed) * 8):
        broken = bytearray(sealed)
        broken[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultError):
            key.open("vault_fields", "name", bytes(broken))
    for length in range(len(sealed)):
        with pytest.raises(VaultError):
            key.open("vault_fields", "name", sealed[:length])


def test_a_changed_or_exchanged_data_key_is_found(vault: Vault) -> None:
    key = vault.new_key(ONE)
    broken = bytes([*key.wrapped[:-1], key.wrapped[-1] ^ 1])
    with pytest.raises(VaultError):
        vault.key(ONE, 1, broken)
    with pytest.raises(VaultError):
        Vault((b"o" * 32,)).key(ONE, 1, key.wrapped)
    with pytest.raises(VaultError, match="not in the key file"):
        vault.key(ONE, 2, key.wrapped)


def test_a_new_master_key_takes_over_without_touching_what_is_sealed(vault: Vault) -> None:
    key = vault.new_key(ONE)
    sealed = key.seal("vault_fields", "name", "张三")
    two = Vault((MASTER, b"n" * 32))
    assert two.key(ONE, 1, key.wrapped).open("vault_fields", "name", sealed) == "张三"
    fresh = two.rewrapped(two.key(ONE, 1, key.wrapped))
    assert fresh.version == 2
    assert two.key(ONE, 2, fresh.wrapped).open("vault_fields", "name", sealed) == "张三"
    with pytest.raises(VaultError):
        vault.key(ONE, 1, fresh.wrapped)  # the first master key alone opens it no more


def test_keyed_hashes_stay_the_same_when_a_master_key_is_added_and_change_with_the_first(vault: Vault) -> None:
    assert Vault((MASTER, b"n" * 32)).index("phone", "1") == vault.index("phone", "1")
    assert Vault((b"n" * 32, MASTER)).index("phone", "1") != vault.index("phone", "1")


def test_a_keyed_hash_is_no_bare_hash_and_not_one_under_the_master_key_itself(vault: Vault) -> None:
    found = vault.index("phone", "13800138000")
    assert found not in (
        hashlib.sha256(b"13800138000").hexdigest(),
        hmac.new(MASTER, b"13800138000", hashlib.sha256).hexdigest(),
    )


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(st.text(max_size=4), max_size=3), st.lists(st.text(max_size=4), max_size=3))
def test_only_equal_parts_share_a_keyed_hash(one: list[str], other: list[str]) -> None:
    vault = Vault((MASTER,))
    assert (vault.index("p", *one) == vault.index("p", *other)) is (one == other)
    assert vault.index("p", *one) != vault.index("q", *one)


def test_a_key_shows_nothing_of_itself_in_a_log(vault: Vault) -> None:
    assert "AESGCM" not in repr(vault.new_key(uuid4()))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "# only a comment\n",
        base64.b64encode(b"short").decode(),
        "rubbish!",
        "中文",
        base64.b64encode(MASTER).decode() + "\nc2hvcnQ=\n",
    ],
)
def test_a_file_without_good_keys_is_refused_in_a_line_that_does_not_show_it(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vault.key"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(VaultError) as caught:
        open_vault(path)
    for line in content.split():
        assert line not in caught.value.message or line in str(path)
    assert caught.value.field == "vault_key_file"


def test_no_file_at_all_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    for path in (None, tmp_path / "absent"):
        with pytest.raises(VaultError) as caught:
            open_vault(path)
        assert caught.value.hint


def test_a_file_holds_keys_one_a_line_oldest_first(tmp_path: Path) -> None:
    path = tmp_path / "vault.key"
    first, second = (base64.b64encode(key).decode() for key in (MASTER, b"n" * 32))
    path.write_text(f"# the first\n{first}\n\n{second}\n")
    found = open_vault(path)
    assert found.version == 2
    assert found.index("p", "x") == Vault((MASTER,)).index("p", "x")
