"""The embedded Apache Kafka: one broker that is its own controller (KRaft), data in the home, loopback only."""

from __future__ import annotations

import base64
import logging
import os
import shutil
import socket
import subprocess
import uuid
from collections.abc import Sequence
from pathlib import Path

from huiyin.embedded.home import Home, write_atomically
from huiyin.embedded.ports import LOOPBACK
from huiyin.embedded.processes.process import Command
from shared.errors import StackError

JVM_FLAGS = (
    "-Xmx512m",
    # A small young generation: with the default one, each collection stopped the broker for a tenth of a second.
    "-Xmn24m",
    "-XX:MetaspaceSize=96m",
    "-XX:ReservedCodeCacheSize=128m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)

LOG_CONFIGURATION = """\
rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{ISO8601} %p %c{1} %m%n
logger.server.name=kafka.server.BrokerServer
logger.server.level=INFO
"""


def server_properties(*, port: int, controller_port: int, data: Path) -> str:
    """The broker's configuration as the text of server.properties."""
    settings: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.bootstrap.servers": f"{LOOPBACK}:{controller_port}",
        "listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{port},CONTROLLER://{LOOPBACK}:{controller_port}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": data,
        # topics are made by the provisioner before any client starts, never by a client's mistake
        "auto.create.topics.enable": "false",
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        "unclean.leader.election.enable": "false",
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 4,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        # a broker that was killed is let in again when its old session has ended
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
        # one machine's measure: small segments and indexes, little memory, few threads
        "log.segment.bytes": 128 * 1024 * 1024,
        "log.index.size.max.bytes": 1024 * 1024,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "num.network.threads": 2,
        "num.io.threads": 4,
        "background.threads": 4,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


def java_command(java: Path, jars: Sequence[Path], flags: Sequence[str], *arguments: str) -> list[str]:
    """A Java command line with the jars in a fixed order."""
    return [str(java), *JVM_FLAGS, *flags, "-cp", os.pathsep.join(map(str, jars)), *arguments]


def child_environment() -> dict[str, str]:
    """What the broker's process gets: nothing that could change how Java or Kafka behaves."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def prepare(
    home: Home, *, java: Path, jars: Sequence[Path], port: int, controller_port: int, flags: Sequence[str] = ()
) -> Command:
    """Write the configuration, format the data folder if there is none, and return the command of the broker."""
    configuration = home.kafka / "server.properties"
    data = home.kafka / "data"
    home.kafka.mkdir(exist_ok=True)
    write_atomically(home.kafka / "log4j2.properties", LOG_CONFIGURATION)
    if not (data / "meta.properties").exists():
        draft = home.kafka / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        write_atomically(configuration, server_properties(port=port, controller_port=controller_port, data=draft))
        # recording a cache is the broker's matter, but what was recorded speeds the formatting up too
        reading = [flag for flag in flags if "AOTCacheOutput" not in flag]
        tool = java_command(java, jars, [*_logging(home), *reading], "kafka.tools.StorageTool", "format")
        _format(home, tool, configuration)
        shutil.rmtree(data, ignore_errors=True)
        draft.rename(data)
    write_atomically(configuration, server_properties(port=port, controller_port=controller_port, data=data))
    return Command(
        arguments=java_command(java, jars, [*_logging(home), *flags], "kafka.Kafka", str(configuration)),
        environment=child_environment(),
        folder=home.kafka,
    )


def _logging(home: Home) -> list[str]:
    return [f"-Dlog4j2.configurationFile={home.kafka / 'log4j2.properties'}"]


def cluster_id(random: uuid.UUID) -> str:
    """Kafka's form of a cluster id: 22 characters. Never a leading hyphen, which its tools would take for an option."""
    text = base64.urlsafe_b64encode(random.bytes).decode("ascii").rstrip("=")
    return f"A{text[1:]}" if text.startswith("-") else text


def _format(home: Home, command: list[str], configuration: Path) -> None:
    cluster = cluster_id(uuid.uuid4())
    formatted = subprocess.run(  # noqa: S603
        [*command, "-t", cluster, "-c", str(configuration), "--standalone"],
        env=child_environment(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if formatted.returncode != 0:
        home.log("kafka").write_text(formatted.stdout + formatted.stderr, encoding="utf-8")
        raise StackError("Kafka's data folder cannot be formatted", hint=f"see {home.log('kafka')}")


def listens(address: str) -> bool:
    """Whether something accepts connections at `host:port`."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
            return True
    except (OSError, ValueError):
        return False


def answers(address: str) -> bool:
    """Whether a broker at `host:port` answers an administrator's question."""
    if not listens(address):
        return False
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        admin = KafkaAdminClient(bootstrap_servers=address, request_timeout_ms=5_000)
    except (KafkaError, OSError, ValueError):
        return False
    try:
        return bool(admin.describe_cluster()["brokers"])
    except (KafkaError, OSError):
        return False
    finally:
        admin.close()
