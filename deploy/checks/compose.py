"""Checks of docker-compose.yml against the program: variables, secrets, order of start, and what a container may do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.checks.reading import environment_of
from huiyin.embedded.database.databases import service_url
from huiyin.embedded.environment import read_environment
from huiyin.embedded.keys import SCOPES
from shared.service_names import SERVICES
from shared.settings import DEFAULT_PORTS, ServiceSettings

Compose = Mapping[str, Any]

ONE_SHOT = "provision"
COMMAND_LINE = "huiyin"
_ADMINISTRATION = (ONE_SHOT, COMMAND_LINE)
_SECRETS_FOLDER = "/run/secrets/"


class _Asked(dict[str, str]):
    """An empty environment that remembers which variables were asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def service_variables() -> set[str]:
    """The variables that a service reads (shared/settings.py)."""
    return {f"HUIYIN_{field.upper()}" for field in ServiceSettings.model_fields}


def stack_variables() -> set[str]:
    """The variables that `huiyin provision` reads (huiyin/embedded/environment.py), found by asking it."""
    asked = _Asked()
    read_environment(asked, SERVICES)
    return {name for name in asked.names if name.startswith("HUIYIN_")}


def variables(compose: Compose) -> list[str]:
    """Every HUIYIN_ variable is one that the program reads, and those that it needs have the right value."""
    services = compose["services"]
    found = [f"service {name} is missing" for name in (*SERVICES, *_ADMINISTRATION) if name not in services]
    if found:
        return found
    for name in SERVICES:
        environment = environment_of(services[name])
        found += _unknown(name, environment, service_variables())
        wanted = {
            "HUIYIN_HOST": "0.0.0.0",  # noqa: S104  (the container's own network; ports are bound to loopback)
            "HUIYIN_PORT": str(DEFAULT_PORTS[name]),
            "HUIYIN_KAFKA": environment_of(services[ONE_SHOT]).get("HUIYIN_KAFKA"),
            "HUIYIN_DATABASE": service_url(str(environment_of(services[ONE_SHOT])["HUIYIN_POSTGRES"]), name, None),
        }
        found += [
            f"{name}: {variable} is {environment.get(variable)!r}, not {value!r}"
            for variable, value in wanted.items()
            if environment.get(variable) != value
        ]
        if services[name].get("command") != [f"services.{name}"]:
            found.append(f"{name}: its command is not [services.{name}]")
    needed = {f"HUIYIN_{name.upper()}_PASSWORD_FILE" for name in SERVICES}
    needed |= {f"HUIYIN_{name.upper()}_KEY_FILE" for name in SCOPES} | {"HUIYIN_KAFKA", "HUIYIN_POSTGRES"}
    for name in _ADMINISTRATION:
        environment = environment_of(services[name])
        found += _unknown(name, environment, stack_variables())
        found += [f"{name}: {variable} is missing" for variable in sorted(needed - environment.keys())]
    return found


def _unknown(service: str, environment: Mapping[str, Any], known: set[str]) -> list[str]:
    ours = {name for name in environment if name.startswith("HUIYIN_")}
    return [f"{service}: nothing reads {name}" for name in sorted(ours - known)]


def secrets(compose: Compose, made: set[str]) -> list[str]:
    """No secret but as a file, each file given only to those who read it, and all made by `deploy/make-secrets`."""
    declared = {name: entry["file"] for name, entry in compose["secrets"].items()}
    found = [f"{path} is not made by deploy/make-secrets" for path in sorted(set(declared.values()) - made)]
    found += [f"nothing uses {path}, which deploy/make-secrets makes" for path in sorted(made - set(declared.values()))]
    for name, service in compose["services"].items():
        given = set(service.get("secrets", []))
        found += [f"{name}: secret {secret} is not declared" for secret in sorted(given - declared.keys())]
        text = " ".join(str(value) for value in environment_of(service).values())
        named = set(re.findall(re.escape(_SECRETS_FOLDER) + r"([\w.]+)", text))
        if name == "prometheus":
            named.add("metrics.key")  # named in prometheus.yml
        found += [f"{name}: names {secret} and is not given it" for secret in sorted(named - given)]
        found += [f"{name}: is given {secret} and does not name it" for secret in sorted(given - named)]
        found += [
            f"{name}: {variable} holds a secret itself: name a file"
            for variable, value in environment_of(service).items()
            if value and _holds_secret(variable, value)
        ]
    holders = [name for name, service in compose["services"].items() if "vault.key" in service.get("secrets", [])]
    return found if holders == ["intake"] else [*found, f"vault.key is intake's alone, not {holders}"]


def _holds_secret(variable: str, value: str) -> bool:
    if re.search(r"://[^/@\s]*:[^/@\s]+@", value):
        return True
    return bool(re.search(r"PASSWORD|SECRET|TOKEN|_KEY", variable)) and not re.search(r"FILE$", variable)


def containment(compose: Compose) -> list[str]:
    """What every container must have, and what none may."""
    return [f"{name}: {what}" for name, service in compose["services"].items() for what in _loose(name, service)]


def _loose(name: str, service: Mapping[str, Any]) -> Iterator[str]:
    if service.get("cap_drop") != ["ALL"] or service.get("cap_add"):
        yield "keeps capabilities of root (cap_drop: [ALL], no cap_add)"
    if "no-new-privileges:true" not in service.get("security_opt", []):
        yield "may gain privileges (security_opt: no-new-privileges:true)"
    if service.get("read_only") is not True:
        yield "can write to its image (read_only: true)"
    if service.get("init") is not True:
        yield "has no init (init: true)"
    if not {"max-size", "max-file"} <= set(service.get("logging", {}).get("options", {})):
        yield "its log is not rotated"
    for key in ("container_name", "privileged", "network_mode", "pid"):
        if key in service:
            yield f"{key} is set"
    if not service.get("mem_limit"):
        yield "has no limit of memory"
    if str(service.get("user", "")).split(":")[0] in ("0", "root"):
        yield "runs as root"
    for port in service.get("ports", []):
        if not str(port).startswith("127.0.0.1:"):
            yield f"port {port} is not bound to 127.0.0.1"
    tag = str(service.get("image", "")).rpartition(":")[2]
    if not tag or tag == "latest" or "/" in tag:
        yield "its image has no version"
    if name not in _ADMINISTRATION and "test" not in service.get("healthcheck", {}):
        yield "has no health check"


def order(compose: Compose) -> list[str]:
    """Services start after broker and database answer and the provisioner is done; the database has no way out."""
    healthy, done = {"condition": "service_healthy"}, {"condition": "service_completed_successfully"}
    services, servers = compose["services"], {"kafka": healthy, "postgres": healthy}
    found = [
        f"{name}: does not wait for kafka, postgres and {ONE_SHOT}"
        for name in SERVICES
        if services[name].get("depends_on") != servers | {ONE_SHOT: done}
    ]
    if services[ONE_SHOT].get("depends_on") != servers:
        found.append(f"{ONE_SHOT}: does not wait for kafka and postgres")
    internal = {name for name, network in compose["networks"].items() if (network or {}).get("internal")}
    found += [
        f"{name}: is on a network with a way out"
        for name in ("postgres", *_ADMINISTRATION)
        if not set(services[name].get("networks", [])) <= internal
    ]
    if services["postgres"].get("ports"):
        found.append("postgres: no port of it may be published")
    ports = {name: [f"127.0.0.1:{DEFAULT_PORTS[name]}:{DEFAULT_PORTS[name]}"] for name in SERVICES}
    return found + [
        f"{name}: its published port is not {ports[name]}"
        for name in SERVICES
        if services[name].get("ports") != ports[name]
    ]
