"""A subscriber of the topics, as any other system could be one: kafka-python, no group, nothing committed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from kafka import KafkaConsumer, TopicPartition

from huiyin.cli.topics.broker import broker_errors
from shared.errors import InvalidInput
from shared.events.envelope import Event, decode
from shared.events.topics import ASSIGNMENTS, COMPLAINTS, DEADLINES, NOTICES

log = logging.getLogger(__name__)

_TOPICS = (COMPLAINTS, ASSIGNMENTS, DEADLINES, NOTICES)
_AT_ONCE = 2_000


class Subscriber:
    """Reads what the services emit from now on. Not to be shared by threads."""

    def __init__(self, kafka: str) -> None:
        """`kafka` is host:port. Raises `Unavailable` if the broker does not answer."""
        self._kafka = kafka
        with broker_errors(kafka):
            self._consumer = KafkaConsumer(
                bootstrap_servers=kafka,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=_AT_ONCE,
                fetch_max_wait_ms=50,
            )
            places = [TopicPartition(topic.name, number) for topic in _TOPICS for number in range(topic.partitions)]
            self._consumer.assign(places)
            for place, end in self._consumer.end_offsets(places).items():
                self._consumer.seek(place, end)

    def poll(self, timeout_ms: int) -> Sequence[Event]:
        """What came within the time; of one case and topic in order."""
        with broker_errors(self._kafka):
            batches = self._consumer.poll(timeout_ms=timeout_ms)
        events = []
        for records in batches.values():
            for record in records:
                try:
                    events.append(decode(record.value))
                except InvalidInput as error:
                    log.warning("a record is left out: %s %s", error.code, error.field)
        return events

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False)
