"""The service processes: which there are, what they get by their environment, and when they are ready."""

from __future__ import annotations

import base64
import http.client
import secrets
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from huiyin.embedded.database.databases import database_name, service_url
from huiyin.embedded.environment import PASSED_ON, StackEnvironment
from huiyin.embedded.home import Home
from huiyin.embedded.ports import LOOPBACK
from huiyin.embedded.processes.process import Command
from shared.service_names import SERVICES

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


def role_passwords(home: Home, services: Iterable[str], environment: StackEnvironment) -> dict[str, str]:
    """The passwords of the services' database roles: those that the environment names, else the home's own."""
    return {
        name: environment.passwords.get(name)
        or home.secret(f"{database_name(name)}.password").read_text("utf-8").strip()
        for name in services
    }


def vault_key() -> str:
    """A new master key of the identity vault: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def service_command(spec: ServiceSpec, around: Surroundings) -> Command:
    """The command of one service under the supervisor."""
    environment = {**around.inherited, "PYTHONUNBUFFERED": "1", **service_variables(spec.name, around)}
    return Command(arguments=spec.arguments, environment=environment)


def service_variables(name: str, around: Surroundings) -> dict[str, str]:
    """Huiyin's own variables of one service; the names are those of `shared.settings.ServiceSettings`.

    Only intake gets the vault's key: nobody else can read an identity, whatever goes wrong there.
    """
    home = around.home
    variables = {
        **{name: value for name, value in around.inherited.items() if name in PASSED_ON},
        "HUIYIN_ROLE": "all",
        "HUIYIN_HOST": LOOPBACK,
        "HUIYIN_PORT": str(around.ports[name]),
        "HUIYIN_DATABASE": service_url(around.admin_url, name, around.passwords[name]),
        "HUIYIN_KAFKA": around.kafka,
        "HUIYIN_SERVICE_KEY_FILE": str(home.service_key_file),
        "HUIYIN_NOTICES": str(home.notices),
    }
    if "intake" in around.ports:
        variables["HUIYIN_INTAKE_URL"] = url_of("intake", around.ports)
    if name == "intake":
        variables["HUIYIN_VAULT_KEY_FILE"] = str(home.secret("vault.key", vault_key))
    if around.scaled:
        variables["HUIYIN_CLOCK"] = str(home.clock_file)
    if home.recipients.exists():
        variables["HUIYIN_RECIPIENTS"] = str(home.recipients)
    variables.setdefault("HUIYIN_CALENDARS", str(home.calendars))
    variables.setdefault("HUIYIN_PROCEDURES", str(home.procedures))
    return variables


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
