"""Broker and database of one home: started at the same time, each provisioned as soon as it answers.

A server that the environment names is used instead of the embedded one, and provisioned in the same way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from huiyin.embedded.broker import java_cache, kafka
from huiyin.embedded.broker.jars import cached_jars, fetch, given_jars, read_lock
from huiyin.embedded.broker.java import find_java
from huiyin.embedded.broker.topics import make_topics
from huiyin.embedded.database import postgres
from huiyin.embedded.database.databases import connect
from huiyin.embedded.environment import StackEnvironment
from huiyin.embedded.keys import home_keys
from huiyin.embedded.processes.child import Part
from huiyin.embedded.processes.services import Surroundings
from huiyin.embedded.processes.supervisor import Supervisor
from huiyin.embedded.provision import provision_databases
from shared.errors import HuiyinError
from shared.events.topics import Topic

READY_S = 60.0


def find_jars(environment: StackEnvironment, progress: Callable[[str], None]) -> list[Path]:
    """Kafka's jars, fetched now if they are not in the cache yet."""
    locked = read_lock()
    if environment.kafka_libs is not None:
        return given_jars(locked, environment.kafka_libs)
    cache = environment.cache / "kafka"
    paths, missing = cached_jars(locked, cache)
    if missing:
        progress(f"fetching {len(missing)} of Kafka's jars (44 MB, once per machine) …")
        fetch(missing, cache, lambda jar: None)
    return paths


def start_servers(
    supervisor: Supervisor,
    around: Surroundings,
    environment: StackEnvironment,
    *,
    topics: Sequence[Topic],
    progress: Callable[[str], None],
) -> None:
    """Return when broker and database answer and hold all that the services need; raises `StackError`."""

    def database() -> None:
        if environment.postgres is None:
            supervisor.add_server(_postgres(around)).await_ready(READY_S)
            progress(f"postgres   ready  {postgres.socket_folder(around.home)}")
        migrated = asyncio.run(provision_databases(around.admin_url, around.passwords, home_keys(around.home)))
        if migrated:
            progress(f"tables made or brought up to date: {', '.join(migrated)}")

    def broker() -> None:
        if environment.kafka is None:
            supervisor.add_server(_kafka(supervisor, around, environment, progress)).await_ready(READY_S)
            progress(f"kafka      ready  {around.kafka}")
        made = make_topics(around.kafka, topics)
        if made:
            progress(f"topics made: {', '.join(made)}")

    with ThreadPoolExecutor(2) as pool:
        starting = [pool.submit(broker), pool.submit(database)]
        try:
            wait(starting, return_when=FIRST_EXCEPTION)
            for failed in [each for each in starting if each.done() and each.exception()]:
                failed.result()
        except BaseException:
            supervisor.stop()  # whoever still waits for the other server gets the error
            raise


def _postgres(around: Surroundings) -> Part:
    return Part(
        name="postgres",
        address=str(postgres.socket_folder(around.home)),
        command=lambda: postgres.prepare(around.home),
        ready=lambda: _database_answers(around.admin_url),
    )


def _kafka(
    supervisor: Supervisor, around: Surroundings, environment: StackEnvironment, progress: Callable[[str], None]
) -> Part:
    java, jars = find_java(environment.java_home), find_jars(environment, progress)
    with_wheel = environment.java_home is None
    cache = java_cache.cache_file(environment.cache / "aot", java, jars)
    if with_wheel and not cache.exists():
        supervisor.add_recording(java_cache.Recording(around.home, java=java, jars=jars, cache=cache))
    return Part(
        name="kafka",
        address=around.kafka,
        command=lambda: kafka.prepare(
            around.home,
            java=java,
            jars=jars,
            port=around.ports["kafka"],
            controller_port=around.ports["controller"],
            flags=java_cache.flags(cache) if with_wheel else (),
        ),
        ready=lambda: kafka.answers(around.kafka),
        still_ready=lambda: kafka.listens(around.kafka),
    )


def _database_answers(admin_url: str) -> bool:
    async def ask() -> None:
        connection = await connect(admin_url)
        await connection.close()

    try:
        asyncio.run(ask())
    except HuiyinError:
        return False
    return True
