"""Kafka and PostgreSQL of docker-compose.yml have the settings of the embedded ones, so that tests speak for both."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.checks.reading import environment_of
from huiyin.embedded.broker.kafka import server_properties
from huiyin.embedded.database import postgres

KAFKA_DIFFERS = {
    "listeners": "a container has an address of its own",
    "advertised.listeners": "the same",
    "listener.security.protocol.map": "one listener for the containers, one for this machine",
    "inter.broker.listener.name": "the same",
    "log.dirs": "a volume",
    "controller.quorum.bootstrap.servers": "the image formats its storage for a fixed quorum",
    "controller.quorum.voters": "the same",
}
POSTGRES_DIFFERS = {
    "listen_addresses": "the others are in other containers: the image listens on the network inside",
    "unix_socket_permissions": "only this container sees its socket",
}
_NOT_PROPERTIES = {"KAFKA_HEAP_OPTS"}


def property_name(variable: str) -> str:
    """The broker's property that the image makes of a variable: KAFKA_LOG_DIRS is log.dirs."""
    name = variable.removeprefix("KAFKA_").lower()
    return name.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")


def kafka_properties(compose: Mapping[str, Any]) -> dict[str, str]:
    """The broker's properties in the container."""
    environment = environment_of(compose["services"]["kafka"])
    return {
        property_name(name): str(value)
        for name, value in environment.items()
        if name.startswith("KAFKA_") and name not in _NOT_PROPERTIES
    }


def kafka(compose: Mapping[str, Any]) -> list[str]:
    """Where the two brokers differ, but for `KAFKA_DIFFERS`."""
    text = server_properties(port=1, controller_port=2, data=Path("data"))
    embedded = dict(line.split("=", 1) for line in text.splitlines())
    return _differences("kafka", kafka_properties(compose), embedded, KAFKA_DIFFERS)


def postgres_settings(compose: Mapping[str, Any]) -> dict[str, str]:
    """The settings on the server's command line in the container."""
    command = compose["services"]["postgres"]["command"]
    return dict(part.removeprefix("-c").split("=", 1) for part in command if part.startswith("-c"))


def database(compose: Mapping[str, Any]) -> list[str]:
    """Where the two servers differ, but for `POSTGRES_DIFFERS`; and the arguments that their data are made with."""
    found = _differences("postgres", postgres_settings(compose), postgres.SETTINGS, POSTGRES_DIFFERS)
    made_with = set(str(environment_of(compose["services"]["postgres"])["POSTGRES_INITDB_ARGS"]).split())
    embedded = set(re.findall(r'"(--[a-z-]+=[\w.-]+)"', inspect.getsource(postgres)))
    if made_with != embedded:
        found.append(f"postgres: initdb is given {sorted(made_with ^ embedded)} in one place only")
    return found


def _differences(
    server: str, ours: Mapping[str, str], embedded: Mapping[str, str], allowed: Mapping[str, str]
) -> list[str]:
    return [
        f"{server}: {name} is {ours.get(name)!r} in docker-compose.yml and {embedded.get(name)!r} in the embedded one"
        for name in sorted(ours.keys() | embedded.keys())
        if name not in allowed and ours.get(name) != embedded.get(name)
    ]
