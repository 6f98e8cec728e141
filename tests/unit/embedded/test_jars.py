"""Kafka's jars come from the lock and from nowhere else; a wrong one is named."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from huiyin.embedded.broker import jars
from huiyin.embedded.broker.jars import Jar, cached_jars, fetch, given_jars, parse_lock, read_lock
from shared.errors import StackError

GOOD = b"the jar that was locked"
JAR = Jar("org.example:part:1.2", hashlib.sha256(GOOD).hexdigest())


def test_the_lock_names_a_broker_and_its_parts_once_each() -> None:
    locked = read_lock()
    names = [jar.file_name for jar in locked]
    assert len(names) == len(set(names)) == 46
    assert {"kafka_2.13-4.3.1.jar", "kafka-clients-4.3.1.jar", "log4j-slf4j-impl-2.24.3.jar"} <= set(names)


def test_the_lock_holds_no_host_names() -> None:
    assert "http" not in jars.LOCK_FILE.read_text()


@pytest.mark.parametrize(
    "line",
    ["", "a:b:1", "a:b:1 abc", f"a:b {'0' * 64}", f"a:b:1:2 {'0' * 64}", f"a:b:1 {'g' * 64}", f"a:b:1  {'0' * 64}"],
)
def test_a_malformed_line_is_named_by_its_number(line: str) -> None:
    with pytest.raises(StackError, match="line 2 of Kafka's lock file"):
        parse_lock(f"org.example:part:1.2 {'0' * 64}\n{line}\nmore")


def test_only_missing_and_damaged_jars_are_fetched(tmp_path: Path) -> None:
    damaged, missing = Jar("g:damaged:1", JAR.sha256), Jar("g:missing:1", JAR.sha256)
    (tmp_path / JAR.file_name).write_bytes(GOOD)
    (tmp_path / damaged.file_name).write_bytes(GOOD[:-1])
    paths, to_fetch = cached_jars((JAR, damaged, missing), tmp_path)
    assert to_fetch == [damaged, missing]
    assert [path.name for path in paths] == ["part-1.2.jar", "damaged-1.jar", "missing-1.jar"]


def serve(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    def download(jar: Jar, staging: Path) -> Path:
        path = staging / jar.file_name
        path.write_bytes(body)
        return path

    monkeypatch.setattr(jars, "_download", download)


def test_a_fetched_jar_with_the_right_hash_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, GOOD)
    done: list[Jar] = []
    fetch([JAR], tmp_path / "cache", done.append)
    assert done == [JAR]
    assert cached_jars((JAR,), tmp_path / "cache")[1] == []
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["part-1.2.jar"]


def test_a_fetched_jar_with_a_wrong_hash_is_named_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, b"something else")
    with pytest.raises(StackError, match=r"part-1\.2\.jar is not the file that was locked") as refused:
        fetch([JAR], tmp_path, lambda _jar: None)
    assert refused.value.field == "org.example:part:1.2"
    assert list(tmp_path.iterdir()) == []


def test_a_registry_that_does_not_answer_is_one_line_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = pytest.importorskip("requests")

    def refuse(*_args: object, **_options: object) -> None:
        raise requests.ConnectionError("registry.example refused")

    monkeypatch.setattr(requests, "request", refuse)
    with pytest.raises(StackError, match=r"part-1\.2\.jar cannot be fetched") as refused:
        fetch([JAR], tmp_path, lambda _jar: None)
    assert "HUIYIN_KAFKA_LIBS" in str(refused.value.hint)
    assert "registry.example" not in refused.value.message + str(refused.value.hint)


def test_a_given_folder_is_used_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"part-1\.2\.jar is missing in HUIYIN_KAFKA_LIBS"):
        given_jars((JAR,), tmp_path)
    (tmp_path / JAR.file_name).write_bytes(b"tampered")
    with pytest.raises(StackError, match="its SHA-256 differs"):
        given_jars((JAR,), tmp_path)
    (tmp_path / JAR.file_name).write_bytes(GOOD)
    assert given_jars((JAR,), tmp_path) == [tmp_path / "part-1.2.jar"]
