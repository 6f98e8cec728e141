"""Java's cache is only used where it was recorded, and only for the very files that it was recorded with."""

from __future__ import annotations

from pathlib import Path

from huiyin.embedded.broker import java_cache
from huiyin.embedded.broker.java_cache import Recording, cache_file, flags
from huiyin.embedded.home import Home


def test_another_jar_or_runtime_means_another_cache(tmp_path: Path) -> None:
    java, jar = tmp_path / "java", tmp_path / "a.jar"
    java.write_text("25.0.2")
    jar.write_text("one")
    first = cache_file(tmp_path, java, [jar])
    assert cache_file(tmp_path, java, [jar]) == first
    jar.write_text("other")
    second = cache_file(tmp_path, java, [jar])
    java.write_text("25.0.3.1")
    assert len({first, second, cache_file(tmp_path, java, [jar])}) == 3


def test_a_cache_that_is_not_there_is_not_asked_for(tmp_path: Path) -> None:
    cache = tmp_path / "kafka-1.aot"
    assert not any("AOTCache" in flag for flag in flags(cache))
    cache.write_text("recorded")
    assert f"-XX:AOTCache={cache}" in flags(cache)


def test_a_recording_that_is_stopped_early_leaves_nothing(tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "kafka-1.aot"
    recording = Recording(Home(tmp_path / "home"), java=Path("/nowhere/java"), jars=[], cache=cache)
    recording.start()
    recording.stop()
    assert not cache.parent.exists()
    assert java_cache.SETTLE_S > 10, "short runs are left alone"


def test_a_recording_that_fails_harms_nobody(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.create()
    cache = tmp_path / "cache" / "kafka-1.aot"

    Recording(home, java=Path("/nowhere/java"), jars=[], cache=cache).record()

    assert [path.name for path in cache.parent.iterdir()] == ["recording.lock"]
