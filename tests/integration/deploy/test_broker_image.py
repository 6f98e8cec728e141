"""The program in Kafka's image that turns variables into properties makes of ours what the checks compare."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from deploy.checks import reading, servers
from huiyin.embedded.broker import jars
from huiyin.embedded.broker.java import find_java
from huiyin.embedded.broker.kafka import java_command
from huiyin.embedded.environment import read_environment
from shared.service_names import SERVICES

pytestmark = [pytest.mark.timeout(120)]


def test_the_images_own_setup_accepts_our_variables_and_formats_the_storage(tmp_path: Path) -> None:
    environment = read_environment(os.environ, SERVICES)
    paths, missing = jars.cached_jars(jars.read_lock(), environment.cache / "kafka")
    assert not missing, "make install fetches Kafka's jars"
    compose = reading.read(reading.COMPOSE.read_text("utf-8"))
    data, defaults, final = tmp_path / "data", tmp_path / "defaults", tmp_path / "final"
    for folder in (defaults, final):
        folder.mkdir()
    variables = {name: str(value) for name, value in reading.environment_of(compose["services"]["kafka"]).items()}
    variables["KAFKA_LOG_DIRS"] = str(data)

    done = subprocess.run(
        java_command(
            find_java(environment.java_home), paths, [], "kafka.docker.KafkaDockerWrapper", "setup",
            "--default-configs-dir", str(defaults),
            "--mounted-configs-dir", str(reading.ROOT / "deploy" / "kafka-image"),
            "--final-configs-dir", str(final),
        ),
        env=variables | {"PATH": os.defpath}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout + done.stderr
    lines = (final / "server.properties").read_text("utf-8").splitlines()
    made = dict(line.split("=", 1) for line in lines if line)
    assert made == servers.kafka_properties(compose) | {"log.dirs": str(data)}
    assert (data / "meta.properties").exists()
    assert "RollingFile" not in (final / "log4j2.yaml").read_text("utf-8")
