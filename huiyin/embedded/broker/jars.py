"""Kafka's jars: exactly those of `deploy/kafka/libs.lock`, each checked by its SHA-256.

They are kept in the user's cache folder, shared by all checkouts. The library `jgo` fetches single files and knows the
registry; it is never asked to resolve the graph of dependencies, because it chooses other versions than Maven.
"""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from shared.errors import StackError

LOCK_FILE = Path(__file__).resolve().parents[3] / "deploy" / "kafka" / "libs.lock"
THREADS = 8
FETCH_TIMEOUT_S = 30


@dataclass(frozen=True)
class Jar:
    """One line of the lock. `coordinate` is group:artifact:version, `sha256` lower-case hex."""

    coordinate: str
    sha256: str

    @property
    def file_name(self) -> str:
        _group, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def parse_lock(text: str) -> tuple[Jar, ...]:
    """The jars of a lock file; raises `StackError` that names the line that is not `group:artifact:version sha256`."""
    jars = []
    for number, line in enumerate(text.splitlines(), start=1):
        coordinate, _, digest = line.partition(" ")
        well_formed = coordinate.count(":") == 2 and len(digest) == 64 and set(digest) <= set("0123456789abcdef")
        if not well_formed:
            raise StackError(
                f"line {number} of Kafka's lock file is not 'group:artifact:version sha256'",
                hint="restore deploy/kafka/libs.lock, or write it anew: make jars-lock",
            )
        jars.append(Jar(coordinate, digest))
    return tuple(jars)


def read_lock(path: Path = LOCK_FILE) -> tuple[Jar, ...]:
    """The jars named by the lock file of this checkout."""
    try:
        return parse_lock(path.read_text("ascii"))
    except OSError:
        raise StackError(
            f"Kafka's lock file is not there: {path}", hint="run huiyin from a checkout of the project"
        ) from None


def matches(jar: Jar, path: Path) -> bool:
    """Whether the file exists and has the hash of the lock."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except FileNotFoundError:
        return False


def given_jars(jars: tuple[Jar, ...], folder: Path) -> list[Path]:
    """The jars in a folder that the operator names (HUIYIN_KAFKA_LIBS); the first wrong or missing one is an error."""
    for jar in jars:
        path = folder / jar.file_name
        if not path.is_file():
            raise StackError(
                f"{jar.file_name} is missing in HUIYIN_KAFKA_LIBS ({folder})", hint=f"put {jar.coordinate} there"
            )
        if not matches(jar, path):
            raise _wrong_hash(jar, path)
    return [folder / jar.file_name for jar in jars]


def cached_jars(jars: tuple[Jar, ...], cache: Path) -> tuple[list[Path], list[Jar]]:
    """The paths of all jars in the cache (in the lock's order), and those jars that must be fetched yet."""
    with ThreadPoolExecutor(THREADS) as pool:
        good = list(pool.map(lambda jar: matches(jar, cache / jar.file_name), jars))
    missing = [jar for jar, is_good in zip(jars, good, strict=True) if not is_good]
    return [cache / jar.file_name for jar in jars], missing


def fetch(missing: list[Jar], cache: Path, done: Callable[[Jar], None]) -> None:
    """Fetch jars into the cache; `done` is called once per jar, from several threads.

    A jar appears in the cache in one step and only with the right hash. Raises `StackError` for a wrong hash (naming
    the jar) and for a registry that cannot be reached.
    """
    logging.getLogger("jgo").setLevel(logging.ERROR)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as staging:

        def fetch_one(jar: Jar) -> None:
            path = _download(jar, Path(staging))
            if not matches(jar, path):
                raise _wrong_hash(jar, path)
            os.replace(path, cache / jar.file_name)
            done(jar)

        pool = ThreadPoolExecutor(THREADS)
        try:
            for _ in pool.map(fetch_one, missing):
                pass
        finally:
            pool.shutdown(cancel_futures=True)


def _download(jar: Jar, staging: Path) -> Path:
    import requests
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=staging, timeout=FETCH_TIMEOUT_S)
    try:
        return Path(context.create_dependency(jar.coordinate).artifact.resolve())
    except (requests.RequestException, RuntimeError):
        # the library's own message names hosts and paths, which help nobody
        raise StackError(
            f"Kafka's jar {jar.file_name} cannot be fetched: the package registry does not answer or does not have it",
            hint="try again; or copy the jars from another machine and set HUIYIN_KAFKA_LIBS=<folder>; "
            "or use a broker that exists: HUIYIN_KAFKA=<host:port>",
        ) from None


def _wrong_hash(jar: Jar, path: Path) -> StackError:
    return StackError(
        f"{jar.file_name} is not the file that was locked: its SHA-256 differs",
        field=jar.coordinate,
        hint=f"do not use it ({path.parent}); fetch again, and if it differs again tell the maintainers",
    )
