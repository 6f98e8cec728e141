"""What the measurements run on: a throw-away broker and database, and the sla service as its own process."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import yaml

from huiyin.embedded.processes.process import memory_of
from shared.events.topics import DEADLINES
from shared.procedures.model import Procedure

_RULES: dict[str, Any] = {
    "id": "bench",
    "version": 1,
    "name": {"zh": "测速", "en": "bench"},
    "in_force_from": "2020-01-01",
    "channels": [{"id": "online", "name": {"zh": "网上", "en": "online"}}],
    "fields": [
        {"id": "content", "label": {"zh": "内容", "en": "content"}, "holds": "evidence", "required": "registration"}
    ],
    "numbering": {"case": {"pattern": "B{year}{number:09}"}},
    "departments": [{"id": "office", "name": {"zh": "办公室", "en": "office"}}],
    "default_department": "office",
    "clocks": [
        {
            "id": "reply",
            "name": {"zh": "答复", "en": "reply"},
            "from": ["received"],
            "until": ["resolved"],
            "duration": "P30D",
            "steps": [
                {"id": "half", "percent": 50},
                {"id": "nearly", "percent": 90},
                {"id": "day-over", "after": "P1D"},
                {"id": "week-over", "after": "P7D"},
            ],
            "no_consequence": "it is timed to be measured",
        }
    ],
}
RULES = Procedure.model_validate(_RULES)


@dataclass(frozen=True)
class Fired:
    """What one measurement saw: lateness in milliseconds of each step (due -> in the broker's log), in order."""

    late_ms: list[float] = field(default_factory=list)
    last: float = 0.0
    """When the last one was in the log: POSIX seconds."""


class BenchEnvironment:
    """The sla service of a stack of its own."""

    def __init__(self, running: Any, database: str, administrator: str) -> None:
        self._running = running
        self.database = database
        self._administrator = administrator
        self.kafka: str = running.state().kafka

    @property
    def _pid(self) -> int:
        found = next(one.pid for one in self._running.state().processes if one.name == "sla")
        assert found is not None  # noqa: S101  (it runs as long as the environment is open)
        return int(found)

    async def settle(self) -> None:
        """Let the database do now what it would do within some minutes of a million new rows: vacuum, and write out."""
        from huiyin.embedded.database.databases import connect

        connection = await connect(self._administrator)
        try:
            await connection.execute("VACUUM (ANALYZE)")
            await connection.execute("CHECKPOINT")
        finally:
            await connection.close()

    def memory_mb(self) -> float:
        """Memory of the service's process."""
        return memory_of(self._pid) / 1_000_000

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time used so far: the service, the database with all its processes, the broker."""
        used = {}
        for one in self._running.state().processes:
            root = psutil.Process(one.pid)
            used[one.name] = 0.0
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):  # it has ended meanwhile
                    times = process.cpu_times()
                    used[one.name] += times.user + times.system
        return used

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """The service does nothing meanwhile."""
        pid = self._pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def kill(self) -> None:
        """End the service's process as a crash does (kill -9); the supervisor starts it anew."""
        os.kill(self._pid, signal.SIGKILL)

    def offsets(self) -> dict[int, int]:
        """How many records each partition of the topic has."""
        with self._consumer() as (consumer, partitions):
            return {place.partition: end for place, end in consumer.end_offsets(partitions).items()}

    def fired_since(self, begin: dict[int, int], clock: str) -> Fired:
        """The steps of a clock that the broker has taken since then, by the broker's own clock."""
        late, last = [], 0.0
        for record in self._records(begin):
            data = json.loads(record.value)["data"]
            if data["clock"] == clock and "step_due_at" in data:
                late.append(record.timestamp - datetime.fromisoformat(data["step_due_at"]).timestamp() * 1000)
                last = max(last, record.timestamp / 1000)
        return Fired(late, last)

    def records(self) -> Iterator[bytes]:
        """Everything that the topic holds, each partition in its order."""
        for record in self._records(dict.fromkeys(range(DEADLINES.partitions), 0)):
            yield record.value

    def _records(self, begin: dict[int, int]) -> Iterator[Any]:
        with self._consumer() as (consumer, partitions):
            ends = consumer.end_offsets(partitions)
            for place in partitions:
                consumer.seek(place, begin[place.partition])
            while any(consumer.position(place) < ends[place] for place in partitions):
                for found in consumer.poll(timeout_ms=1000).values():
                    yield from found

    @contextlib.contextmanager
    def _consumer(self) -> Iterator[tuple[Any, list[Any]]]:
        from kafka import KafkaConsumer, TopicPartition

        consumer = KafkaConsumer(bootstrap_servers=self.kafka, enable_auto_commit=False, fetch_max_bytes=8_000_000)
        partitions = [TopicPartition(DEADLINES.name, number) for number in range(DEADLINES.partitions)]
        consumer.assign(partitions)
        try:
            yield consumer, partitions
        finally:
            consumer.close()


@contextlib.contextmanager
def open_environment(progress: Callable[[str], None]) -> Iterator[BenchEnvironment]:
    """A stack in a temporary folder with the sla service alone; all of it is gone afterwards."""
    from sqlalchemy.engine import make_url

    from huiyin.embedded.database.databases import database_name, service_url
    from huiyin.embedded.database.postgres import admin_url
    from huiyin.embedded.environment import read_environment
    from huiyin.embedded.home import Home
    from huiyin.embedded.processes.services import huiyin_services
    from huiyin.embedded.up import Options, start
    from shared.service_names import SERVICES

    with tempfile.TemporaryDirectory(prefix="huiyin-bench-") as folder:
        procedures = Path(folder) / "procedures"
        procedures.mkdir()
        (procedures / "bench.yaml").write_text(yaml.safe_dump(_RULES, allow_unicode=True), encoding="utf-8")
        own = ("HUIYIN_KAFKA", "HUIYIN_POSTGRES")  # what is measured is what comes with Huiyin
        environ = {name: value for name, value in os.environ.items() if name not in own}
        environ["HUIYIN_PROCEDURES"] = str(procedures)
        home = Home(Path(folder) / "home")
        only = tuple(spec for spec in huiyin_services() if spec.name == "sla")
        options = Options(port_base=0, services=only, progress=progress, records=False)
        running = start(home, options, read_environment(environ, SERVICES))
        try:
            _stamp_by_the_broker(running.state().kafka)
            password = home.secret(f"{database_name('sla')}.password").read_text("utf-8").strip()
            administrator = make_url(admin_url(home)).set(database=database_name("sla"))
            yield BenchEnvironment(
                running,
                service_url(admin_url(home), "sla", password),
                administrator.render_as_string(hide_password=False),
            )
        finally:
            running.stop()


def _stamp_by_the_broker(kafka: str) -> None:
    from kafka import KafkaAdminClient
    from kafka.admin import ConfigResource

    from huiyin.embedded.broker.topics import settings_of

    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        configs = {**settings_of(DEADLINES), "message.timestamp.type": "LogAppendTime"}
        admin.alter_configs([ConfigResource("topic", DEADLINES.name, configs=configs)])
    finally:
        admin.close()
