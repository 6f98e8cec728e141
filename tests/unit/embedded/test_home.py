"""Ports, secrets, state and the environment: small files with promises."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from huiyin.embedded.broker.java import find_java, major_version
from huiyin.embedded.broker.kafka import server_properties
from huiyin.embedded.database.databases import service_url
from huiyin.embedded.database.postgres import LONGEST_SOCKET, socket_folder
from huiyin.embedded.environment import StackEnvironment, read_environment
from huiyin.embedded.home import Home, ProcessState, ServiceState, StackState
from huiyin.embedded.ports import choose_ports
from huiyin.embedded.processes.services import ServiceSpec, Surroundings, service_command, vault_key
from shared.errors import StackError

NAMES = ("intake", "routing", "sla", "notify")


def surroundings(home: Home, environment: StackEnvironment) -> Surroundings:
    """What the services of a stack over this home have in common."""
    return Surroundings(
        home=home,
        kafka="127.0.0.1:9092",
        admin_url=environment.postgres or "postgresql://postgres:pw@h/postgres",
        passwords=dict.fromkeys(NAMES, "secret"),
        ports={name: 8101 + place for place, name in enumerate(NAMES)},
        scaled=True,
        inherited=environment.inherited,
    )


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A made home."""
    made = Home(tmp_path / "home")
    made.create()
    return made


def test_services_get_the_ports_after_the_base(home: Home) -> None:
    ports = choose_ports(home, NAMES, 18_100)
    assert [ports[name] for name in NAMES] == [18_101, 18_102, 18_103, 18_104]


def test_ports_once_chosen_stay(home: Home) -> None:
    first = choose_ports(home, NAMES, 0)
    assert choose_ports(home, NAMES, 0) == first
    assert choose_ports(home, NAMES, None) == first
    assert len(set(first.values())) == len(first) == 6
    moved = choose_ports(home, NAMES, 18_200)
    assert moved["kafka"] == first["kafka"]
    assert choose_ports(home, NAMES, None) == moved


def test_the_controller_moves_when_its_port_is_taken(home: Home) -> None:
    first = choose_ports(home, NAMES, 0)
    with socket.create_server(("127.0.0.1", first["controller"])):
        assert choose_ports(home, NAMES, 0)["controller"] != first["controller"]


def test_a_secret_is_made_once_and_only_for_its_owner(home: Home) -> None:
    path = home.secret("vault.key", vault_key)
    text = path.read_text()
    assert home.secret("vault.key", vault_key).read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.secrets.stat().st_mode) == 0o700


def test_the_state_is_read_as_it_was_written(home: Home) -> None:
    state = StackState(
        supervisor=17,
        ready=True,
        kafka="127.0.0.1:9092",
        services={"sla": ServiceState("http://127.0.0.1:8103", "postgresql+asyncpg://…", "/secrets/x")},
        processes=(ProcessState("sla", "ready", 18, "http://127.0.0.1:8103", 0, 1.5),),
    )
    assert home.read_state() is None
    home.write_state(state)
    assert home.read_state() == state
    home.state_file.write_text("{")
    assert home.read_state() is None


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StackError, match="cannot be made"):
        Home(tmp_path / "file" / "home").create()


def test_the_socket_of_a_long_path_is_elsewhere(tmp_path: Path) -> None:
    long, other = Home(tmp_path / ("x" * 100)), Home(tmp_path / ("y" * 100))
    assert len(str(socket_folder(long) / ".s.PGSQL.5432")) <= LONGEST_SOCKET
    assert socket_folder(long) != socket_folder(other)
    assert socket_folder(Home(Path("/srv/h"))) == Path("/srv/h/run/pg")


def test_only_intake_gets_the_key_of_the_vault_and_nobody_the_administrator(home: Home) -> None:
    environment = read_environment(
        {"PATH": "/bin", "HUIYIN_POSTGRES": "postgresql://admin:pw@h/postgres", "HUIYIN_SMTP_URL": "smtp://x"}, NAMES
    )
    around = surroundings(home, environment)
    given = {name: service_command(ServiceSpec(name, ("x",)), around).environment for name in NAMES}
    assert [name for name in NAMES if "HUIYIN_VAULT_KEY_FILE" in given[name]] == ["intake"]
    for variables in given.values():
        assert "HUIYIN_POSTGRES" not in variables
        assert "admin" not in variables["HUIYIN_DATABASE"]
        assert variables["HUIYIN_SMTP_URL"] == "smtp://x"
        assert variables["HUIYIN_CLOCK"] == str(home.clock_file)
        assert variables["HUIYIN_INTAKE_URL"] == "http://127.0.0.1:8101"


@pytest.mark.parametrize("variable", ["HUIYIN_CALENDARS", "HUIYIN_PROCEDURES"])
def test_services_read_the_folders_of_the_home_unless_the_environment_names_others(home: Home, variable: str) -> None:
    own = str(home.path / variable.removeprefix("HUIYIN_").lower())
    assert Path(own).is_dir()
    given = {}
    for named in (None, "", "/srv/rules"):
        environ = {} if named is None else {variable: named}
        around = surroundings(home, read_environment(environ, NAMES))
        given[named] = service_command(ServiceSpec("sla", ("x",)), around).environment[variable]
    assert given == {None: own, "": own, "/srv/rules": "/srv/rules"}


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        (
            "postgresql://postgres:x@/postgres?host=%2Frun%2Fpg",
            "postgresql+asyncpg://huiyin_sla:p%40ss@/huiyin_sla?host=%2Frun%2Fpg",
        ),
        (
            "postgresql://admin:x@db:6432/postgres?sslmode=require",
            "postgresql+asyncpg://huiyin_sla:p%40ss@db:6432/huiyin_sla?ssl=require",
        ),
    ],
)
def test_a_service_reaches_its_own_database_on_the_same_server(admin: str, expected: str) -> None:
    assert service_url(admin, "sla", "p@ss") == expected
    assert "p%40ss" not in service_url(admin, "sla", None)


def test_a_password_file_that_cannot_be_read_is_named() -> None:
    with pytest.raises(StackError, match="HUIYIN_SLA_PASSWORD_FILE"):
        read_environment({"HUIYIN_SLA_PASSWORD_FILE": "/nowhere/at/all"}, NAMES)


@pytest.mark.parametrize(
    ("output", "major"),
    [
        ('openjdk version "25.0.2" 2026-01-20 LTS', 25),
        ('java version "1.8.0_402"', 8),
        ('openjdk version "17" 2021-09-14', 17),
        ("command not found", None),
    ],
)
def test_the_version_of_java_is_read(output: str, major: int | None) -> None:
    assert major_version(output) == major


def test_a_java_that_is_too_old_or_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="JAVA_HOME has no java program"):
        find_java(tmp_path)
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\"' >&2\n")
    java.chmod(0o755)
    with pytest.raises(StackError, match="Java too old: JAVA_HOME has 11, Kafka needs 17"):
        find_java(tmp_path)
    java.write_text("#!/bin/sh\necho 'openjdk version \"21\"' >&2\n")
    assert find_java(tmp_path) == java


def test_the_broker_listens_on_loopback_only_and_makes_no_topics_by_itself(tmp_path: Path) -> None:
    lines = server_properties(port=1, controller_port=2, data=tmp_path).splitlines()
    assert "listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2" in lines
    assert "auto.create.topics.enable=false" in lines
    assert "group.initial.rebalance.delay.ms=0" in lines
