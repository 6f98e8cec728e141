"""The consumer: Faust reads, `Processor` applies, then the records are acknowledged in order. Nothing else uses Faust.

Why so thin: an exception in a Faust agent acknowledges and loses the record; `take()` loses a whole batch; more than
one stream per partition commits past a slow record. So: raw bytes, `noack_take`, a body that never raises,
`concurrency=1`, acknowledgement only after the commit, no tables, timers or sends. See docs/messaging.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import faust
import structlog

from shared.events.topics import Topic
from shared.messaging.kafka.records import Record
from shared.observability import metrics

log = structlog.get_logger(__name__)

_WITHIN_SECONDS = 0.02
_LOG_APPEND_TIME = 1


class TopicConsumer:
    """Consumes topics in one consumer group and hands batches to `process`, which returns only when all is done."""

    def __init__(
        self,
        group: str,
        kafka: str,
        topics: Sequence[Topic],
        process: Callable[[Sequence[Record]], Awaitable[None]],
        *,
        service: str,
        batch: int,
    ) -> None:
        """`group` names the consumer group and is never renamed; `batch`: records in one call of `process` at most."""
        self._batch = batch
        self._service = service
        self._process = process
        self._group = group
        self._busy_since: float | None = None
        self._stopping = False
        self._folder = tempfile.mkdtemp(prefix=f"huiyin-{service}-")
        self._app = faust.App(
            group,
            broker=f"kafka://{kafka}",
            datadir=self._folder,
            store="memory://",
            key_serializer="raw",
            value_serializer="raw",
            processing_guarantee="at_least_once",
            topic_allow_declare=False,
            topic_disable_leader=True,
            web_enabled=False,
            stream_wait_empty=False,
            stream_buffer_maxsize=4096,
            broker_commit_interval=1.0,
            broker_session_timeout=6.0,
            broker_heartbeat_interval=1.5,
            broker_rebalance_timeout=10.0,
            broker_request_timeout=15.0,
            broker_max_poll_interval=600.0,
            consumer_auto_offset_reset="earliest",
            autodiscover=False,
        )
        channel = self._app.topic(*(topic.name for topic in topics))
        self._app.agent(channel, concurrency=1, name="consumer")(self._body)

    async def _body(self, stream: Any) -> None:
        async for events in stream.noack_take(self._batch, within=_WITHIN_SECONDS):
            self._busy_since = time.monotonic()
            records = [_record(event.message) for event in events]
            try:
                await self._process(records)
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # a bug in the processor: going on would lose the batch
                log.critical("consumer ends its process", group=self._group, error=repr(type(error)), exc_info=True)
                _leave()
            for event in events:
                event.ack()
            self._busy_since = None

    async def start(self) -> None:
        """Join the group. The loggers of Faust and its parts are kept to warnings."""
        for name in ("faust", "mode", "aiokafka", "kafka"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._app.finalize()
        try:
            await self._app.start()
        finally:  # Faust makes folders for tables, and there are none: no process leaves any behind, however it ends
            shutil.rmtree(self._folder, ignore_errors=True)

    async def stop(self) -> None:
        """Leave the group; what is in hand and not committed is delivered again to the next."""
        self._stopping = True
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._app.stop(), 8)

    async def watch(self) -> None:
        """End the process when the consumer has died: the supervisor starts it anew.

        A batch that takes long does not end it: a batch also waits while the database is away, and a restart would not
        bring that back. How long it has taken is a gauge; the alert HuiyinConsumerStuck fires on a standstill.
        """
        while not self._stopping:
            await asyncio.sleep(1.0)
            if self._app.should_stop and not self._stopping:
                log.critical("the consumer has died", group=self._group)
                _leave()
            busy = 0.0 if self._busy_since is None else time.monotonic() - self._busy_since
            metrics.BATCH_BUSY_SECONDS.labels(service=self._service).set(busy)

    def assigned(self) -> int:
        """How many partitions this process reads now; 0 until it has joined the group."""
        consumer = self._app.consumer
        return len(consumer.assignment()) if consumer is not None else 0

    def lag(self) -> int | None:
        """Records behind the end of its partitions; None until it is known."""
        monitor = self._app.monitor
        if not monitor.tp_end_offsets:
            return None
        behind = 0
        for place, end in monitor.tp_end_offsets.items():
            behind += max(0, end - monitor.tp_committed_offsets.get(place, 0)) if end else 0
        return behind


def _record(message: Any) -> Record:
    appended_at = None
    if message.timestamp_type == _LOG_APPEND_TIME and message.timestamp is not None:
        appended_at = datetime.fromtimestamp(message.timestamp, UTC)
    return Record(message.topic, message.partition, message.offset, message.value, message.headers, appended_at)


def _leave() -> None:
    """End at once, acknowledging nothing: an orderly stop could commit what was not applied."""
    import os

    os._exit(70)
