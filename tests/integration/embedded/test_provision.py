"""Roles, databases, topics: made once, kept apart, refused where they differ."""

from __future__ import annotations

import asyncio
import textwrap
from pathlib import Path

import asyncpg
import pytest
from kafka import KafkaAdminClient

from huiyin.embedded.broker.topics import make_topics
from huiyin.embedded.database.databases import service_url
from huiyin.embedded.database.migrate import migrate
from huiyin.embedded.database.postgres import admin_url
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.provision import provision
from huiyin.embedded.up import Running, start
from shared.errors import StackError
from shared.events.topics import Topic
from tests.integration.embedded.conftest import OPTIONS, TOPICS
from tests.integration.embedded.helpers import TOPIC, admin_query, kafka_address, password, query

pytestmark = [pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def running(home, environment: StackEnvironment):  # type: ignore[no-untyped-def]
    """One stack for all of these tests: none of them kills anything."""
    stack = start(home, OPTIONS, environment)
    yield stack
    stack.stop()


def test_provisioning_twice_changes_nothing(running: Running) -> None:
    query(running.home, "CREATE TABLE IF NOT EXISTS kept (word text); INSERT INTO kept VALUES ('once')")
    done = provision(
        kafka=kafka_address(running.home),
        admin_url=admin_url(running.home),
        passwords={name: password(running.home, name) for name in ("alpha", "beta")},
        topics=TOPICS,
        keys={},
    )
    assert done.topics_made == ()
    assert done.migrated == ()
    assert query(running.home, "SELECT word FROM kept") == [("once",)]


def test_a_service_cannot_open_the_database_of_another(running: Running) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        query(running.home, "SELECT 1", service="alpha", database="huiyin_beta")


def test_a_role_needs_its_password(running: Running) -> None:
    (running.home.secrets / "huiyin_gamma.password").write_text("guessed")
    with pytest.raises(asyncpg.InvalidPasswordError):
        query(running.home, "SELECT 1", service="gamma", database="huiyin_alpha")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("lock_timeout", "3s"),
        ("statement_timeout", "10s"),
        ("max_parallel_workers_per_gather", "0"),
        ("idle_in_transaction_session_timeout", "15s"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("log_error_verbosity", "terse"),
        ("log_min_error_statement", "panic"),
        ("log_parameter_max_length_on_error", "0"),
        ("listen_addresses", ""),
    ],
)
def test_the_settings_of_record_are_in_force(running: Running, setting: str, value: str) -> None:
    assert query(running.home, f"SHOW {setting}") == [(value,)]


def test_a_rejected_value_does_not_reach_the_database_log(running: Running) -> None:
    query(running.home, "CREATE TABLE unique_word (word text UNIQUE); INSERT INTO unique_word VALUES ('canary-7f3a')")
    with pytest.raises(asyncpg.UniqueViolationError):
        query(running.home, "INSERT INTO unique_word VALUES ('canary-7f3a')")
    log = running.home.log("postgres").read_text()
    assert "duplicate key value" in log
    assert "canary-7f3a" not in log


def test_roles_are_no_superusers(running: Running) -> None:
    rows = admin_query(
        running.home,
        "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'huiyin_%'",
    )
    assert rows == [(False, False, False)] * 2


def test_another_number_of_partitions_is_refused(running: Running) -> None:
    with pytest.raises(StackError, match=rf"topic {TOPIC} has 3 partitions on this broker, not 5"):
        make_topics(kafka_address(running.home), [Topic(TOPIC, "any", "the same, but larger", partitions=5)])


def test_a_topic_gets_our_settings_anew(running: Running) -> None:
    changed = Topic(TOPIC, "any", "kept for an hour", partitions=3, retention_ms=3_600_000)
    assert make_topics(kafka_address(running.home), [changed]) == []
    admin = KafkaAdminClient(bootstrap_servers=kafka_address(running.home))
    try:
        from kafka.admin import ConfigResource

        described = admin.describe_configs([ConfigResource("topic", TOPIC)])
    finally:
        admin.close()
    assert "3600000" in str(described)


def test_no_client_can_make_a_topic_by_mistake(running: Running) -> None:
    admin = KafkaAdminClient(bootstrap_servers=kafka_address(running.home))
    try:
        admin.describe_topics(["huiyin.mistyped.v1"])
        assert "huiyin.mistyped.v1" not in admin.list_topics()
    finally:
        admin.close()


def test_a_second_home_can_use_the_servers_of_the_first(
    running: Running, environment: StackEnvironment, tmp_path: Path
) -> None:
    from dataclasses import replace

    from huiyin.embedded.home import Home

    given = replace(
        environment,
        kafka=kafka_address(running.home),
        postgres=admin_url(running.home),
        passwords={name: password(running.home, name) for name in ("alpha", "beta")},
    )
    second = start(Home(tmp_path / "second"), OPTIONS, given)
    try:
        assert {each.name for each in second.state().processes} == {"alpha", "beta"}
    finally:
        second.stop()


def migration(folder: Path, revision: str, after: str | None, statement: str) -> None:
    (folder / "versions").mkdir(parents=True, exist_ok=True)
    (folder / "env.py").write_text(
        textwrap.dedent(
            """
            from alembic import context

            context.configure(connection=context.config.attributes["connection"], target_metadata=None)
            with context.begin_transaction():
                context.run_migrations()
            """
        )
    )
    (folder / "versions" / f"{revision}.py").write_text(
        f"from alembic import op\nrevision = {revision!r}\ndown_revision = {after!r}\n"
        f"def upgrade() -> None:\n    op.execute({statement!r})\n"
    )


def test_migrations_run_once_and_fail_with_one_line(running: Running, tmp_path: Path) -> None:
    url = service_url(admin_url(running.home), "beta", password(running.home, "beta"))
    folder = tmp_path / "migrations"
    migration(folder, "one", None, "CREATE TABLE first (id int)")
    assert asyncio.run(migrate("beta", folder, url)) is True
    assert asyncio.run(migrate("beta", folder, url)) is False
    owner = query(running.home, "SELECT tableowner FROM pg_tables WHERE tablename = 'first'", service="beta")
    assert owner == [("huiyin_beta",)]

    migration(folder, "two", "one", "CREATE TABLE first (id int)")
    with pytest.raises(StackError, match=r"a migration of beta failed \(42P07\)"):
        asyncio.run(migrate("beta", folder, url))

    older = tmp_path / "older"
    migration(older, "zero", None, "SELECT 1")
    with pytest.raises(StackError, match="a version that this program does not know"):
        asyncio.run(migrate("beta", older, url))
