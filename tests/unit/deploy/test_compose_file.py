"""docker-compose.yml passes its checks, and each check sees what it is there for."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from deploy import check
from deploy.checks import compose as containers
from deploy.checks import reading, servers

TEXT = reading.COMPOSE.read_text("utf-8")
COMPOSE = reading.read(TEXT)
MADE = {entry["file"] for entry in COMPOSE["secrets"].values()}

Change = Callable[[dict[str, Any]], Any]
Check = Callable[[dict[str, Any]], list[str]]


def secrets(compose: dict[str, Any]) -> list[str]:
    return containers.secrets(compose, MADE)


def at(*path: str) -> Callable[[dict[str, Any]], Any]:
    """The part of the file at a path below `services`."""

    def find(compose: dict[str, Any]) -> Any:
        part = compose["services"]
        for key in path:
            part = part[key]
        return part

    return find


def put(*path: str, value: Any) -> Change:
    return lambda compose: at(*path[:-1])(compose).__setitem__(path[-1], value)


def drop(*path: str) -> Change:
    return lambda compose: at(*path[:-1])(compose).pop(path[-1])


def test_the_file_keeps_to_the_compose_specification() -> None:
    assert reading.form_findings(TEXT) == []


@pytest.mark.parametrize(
    "break_it",
    [
        lambda text: text.replace("restart: unless-stopped", "restart: now-and-then", 1),
        lambda text: text.replace("healthcheck:", "heathcheck:", 1),
        lambda text: text + "\nserivces: {}\n",
    ],
)
def test_a_file_that_breaks_the_specification_is_seen(break_it: Callable[[str], str]) -> None:
    assert reading.form_findings(break_it(TEXT))


def test_without_secrets_compose_stops_and_says_what_to_run() -> None:
    with pytest.raises(LookupError, match=r"HUIYIN_UID: please run deploy/make-secrets first"):
        reading.interpolated(TEXT, {})


@pytest.mark.parametrize(
    "look", [containers.variables, secrets, containers.containment, containers.order, servers.kafka, servers.database]
)
def test_the_file_as_it_is_has_no_findings(look: Check) -> None:
    assert look(COMPOSE) == []


BROKEN: list[tuple[Check, Change, str]] = [
    (containers.variables, drop("sla"), "service sla is missing"),
    (containers.variables, put("sla", "environment", "HUIYIN_PROT", value="1"), "sla: nothing reads HUIYIN_PROT"),
    (containers.variables, put("provision", "environment", "HUIYIN_X_FILE", value="1"), "nothing reads HUIYIN_X_FILE"),
    (containers.variables, put("sla", "environment", "HUIYIN_PORT", value="1"), "HUIYIN_PORT is '1', not '8103'"),
    (containers.variables, put("sla", "environment", "HUIYIN_KAFKA", value="k:1"), "not 'kafka:19092'"),
    (
        containers.variables,
        put("sla", "environment", "HUIYIN_DATABASE", value="postgresql+asyncpg://huiyin_intake@postgres:5432/x"),
        "sla: HUIYIN_DATABASE",
    ),
    (containers.variables, put("sla", "command", value=["services.intake"]), "sla: its command"),
    (
        containers.variables,
        drop("provision", "environment", "HUIYIN_METRICS_KEY_FILE"),
        "HUIYIN_METRICS_KEY_FILE is missing",
    ),
    (secrets, put("sla", "secrets", value=["sla.pgpass", "vault.key"]), "sla: is given vault.key"),
    (secrets, put("sla", "secrets", value=[]), "sla: names sla.pgpass and is not given it"),
    (secrets, put("sla", "secrets", value=["sla.pgpass", "other"]), "secret other is not declared"),
    (secrets, put("notify", "environment", "HUIYIN_SERVICE_KEY", value="hyk_1"), "HUIYIN_SERVICE_KEY holds a secret"),
    (
        secrets,
        put("sla", "environment", "HUIYIN_DATABASE", value="postgresql+asyncpg://a:b@postgres/c"),
        "HUIYIN_DATABASE holds a secret",
    ),
    (secrets, put("prometheus", "secrets", value=[]), "prometheus: names metrics.key and is not given it"),
    (containers.containment, put("kafka", "cap_drop", value=["NET_RAW"]), "kafka: keeps capabilities"),
    (containers.containment, put("kafka", "cap_add", value=["SYS_ADMIN"]), "kafka: keeps capabilities"),
    (containers.containment, put("grafana", "security_opt", value=[]), "grafana: may gain privileges"),
    (containers.containment, drop("postgres", "read_only"), "postgres: can write to its image"),
    (containers.containment, drop("notify", "init"), "notify: has no init"),
    (containers.containment, drop("notify", "logging"), "notify: its log is not rotated"),
    (containers.containment, drop("notify", "mem_limit"), "notify: has no limit of memory"),
    (containers.containment, put("notify", "user", value="0:0"), "notify: runs as root"),
    (containers.containment, put("notify", "container_name", value="notify"), "notify: container_name is set"),
    (containers.containment, put("notify", "privileged", value=True), "notify: privileged is set"),
    (containers.containment, put("notify", "ports", value=["8104:8104"]), "port 8104:8104 is not bound"),
    (containers.containment, put("kafka", "image", value="apache/kafka"), "kafka: its image has no version"),
    (containers.containment, put("kafka", "image", value="apache/kafka:latest"), "kafka: its image has no version"),
    (containers.containment, drop("sla", "healthcheck"), "sla: has no health check"),
    (containers.order, drop("sla", "depends_on", "provision"), "sla: does not wait"),
    (containers.order, drop("provision", "depends_on", "kafka"), "provision: does not wait"),
    (containers.order, put("postgres", "networks", value=["inside", "outside"]), "postgres: is on a network"),
    (containers.order, put("postgres", "ports", value=["127.0.0.1:5432:5432"]), "postgres: no port"),
    (containers.order, put("sla", "ports", value=["127.0.0.1:1:8103"]), "sla: its published port"),
    (
        servers.kafka,
        drop("kafka", "environment", "KAFKA_AUTO_CREATE_TOPICS_ENABLE"),
        "auto.create.topics.enable is None",
    ),
    (servers.kafka, put("kafka", "environment", "KAFKA_NUM_IO_THREADS", value="8"), "num.io.threads is '8'"),
    (servers.kafka, put("kafka", "environment", "KAFKA_LOG_RETENTION_HOURS", value="1"), "log.retention.hours is '1'"),
    (servers.database, put("postgres", "command", value=["postgres"]), "log_parameter_max_length_on_error is None"),
    (
        servers.database,
        put("postgres", "environment", "POSTGRES_INITDB_ARGS", value="--encoding=LATIN1"),
        "initdb is given",
    ),
]


@pytest.mark.parametrize(("look", "change", "expected"), BROKEN, ids=[expected for _, _, expected in BROKEN])
def test_what_is_broken_is_named(look: Check, change: Change, expected: str) -> None:
    broken = copy.deepcopy(COMPOSE)
    change(broken)

    assert expected in "\n".join(look(broken))


def test_a_secret_that_nobody_makes_and_one_that_nobody_uses_are_named() -> None:
    findings = containers.secrets(COMPOSE, MADE - {"deploy/secrets/vault.key"} | {"deploy/secrets/old.key"})

    assert findings == [
        "deploy/secrets/vault.key is not made by deploy/make-secrets",
        "nothing uses deploy/secrets/old.key, which deploy/make-secrets makes",
    ]


def test_a_variable_becomes_a_property_as_the_image_does_it() -> None:
    assert servers.property_name("KAFKA_LOG_DIRS") == "log.dirs"
    assert servers.property_name("KAFKA_A__B___C") == "a_b-c"


def test_a_missing_tool_is_told_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "checks", lambda: [("rules", lambda: check.tool("no-such-program", []))])

    assert check.main() == 0
    assert capsys.readouterr().out == "rules: skipped: no-such-program is not installed\n"


def test_a_finding_fails_the_run_with_its_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "checks", lambda: [("first", lambda: ["the reason"]), ("second", lambda: [])])

    assert check.main() == 1
    assert capsys.readouterr().out == "first: WRONG\n    the reason\nsecond: ok\n"
