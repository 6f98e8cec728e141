"""The service processes: which there are, what they get by their environment, and when they are ready."""

from __future__ import annotations

import base64
import http.client
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from huiyin.embedded.database.databases import service_url
from huiyin.embedded.home import Home
from huiyin.embedded.ports import LOOPBACK
from huiyin.embedded.processes.process import Command
from shared.settings import SERVICES

READY_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class ServiceSpec:
    """A service to run: `arguments` is its command line, all else comes by the environment."""

    name: str
    arguments: tuple[str, ...]


def huiyin_services() -> tuple[ServiceSpec, ...]:
    """The four services of Huiyin, each `python -m services.<name>`."""
    return tuple(ServiceSpec(name, (sys.executable, "-m", f"services.{name}")) for name in SERVICES)


@dataclass(frozen=True)
class Surroundings:
    """What is the same for all services of one running stack."""

    home: Home
    kafka: str
    admin_url: str
    passwords: Mapping[str, str]
    ports: Mapping[str, int]
    scaled: bool
    inherited: Mapping[str, str]


def url_of(service: str, ports: Mapping[str, int]) -> str:
    """Where a service answers."""
    return f"http://{LOOPBACK}:{ports[service]}"


def vault_key() -> str:
    """A new master key of the identity vault: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def service_command(spec: ServiceSpec, around: Surroundings) -> Command:
    """The command of one service."""
    return Command(arguments=spec.arguments, environment=service_environment(spec.name, around))


def service_environment(service: str, around: Surroundings) -> dict[str, str]:
    """The environment of one service; the names are those of `shared.settings.ServiceSettings`.

    Only intake gets the vault's key: nobody else can read an identity, whatever goes wrong there.
    """
    home = around.home
    environment = {
        **around.inherited,
        "PYTHONUNBUFFERED": "1",
        "HUIYIN_ROLE": "all",
        "HUIYIN_HOST": LOOPBACK,
        "HUIYIN_PORT": str(around.ports[service]),
        "HUIYIN_DATABASE": service_url(around.admin_url, service, around.passwords[service]),
        "HUIYIN_KAFKA": around.kafka,
        "HUIYIN_SERVICE_KEY_FILE": str(home.service_key_file),
        "HUIYIN_NOTICES": str(home.notices),
    }
    if "intake" in around.ports:
        environment["HUIYIN_INTAKE_URL"] = url_of("intake", around.ports)
    if service == "intake":
        environment["HUIYIN_VAULT_KEY_FILE"] = str(home.secret("vault.key", vault_key))
    if around.scaled:
        environment["HUIYIN_CLOCK"] = str(home.clock_file)
    if home.recipients.exists():
        environment["HUIYIN_RECIPIENTS"] = str(home.recipients)
    environment.setdefault("HUIYIN_CALENDARS", str(home.calendars))
    environment.setdefault("HUIYIN_PROCEDURES", str(home.procedures))
    return environment


def service_ready(port: int) -> bool:
    """Whether `GET /readyz` answers 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=READY_TIMEOUT_S)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
