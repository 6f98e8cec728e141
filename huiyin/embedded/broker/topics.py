"""Make the topics of `shared.events.topics` on a broker, before any client starts (rule D7)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from shared.errors import StackError, Unavailable
from shared.events.topics import Topic

REQUEST_MS = 10_000


def settings_of(topic: Topic) -> dict[str, str]:
    """The broker's settings of one topic."""
    return {
        "retention.ms": str(topic.retention_ms),
        "max.message.bytes": str(topic.max_message_bytes),
        "cleanup.policy": topic.cleanup,
        "message.timestamp.type": topic.timestamps,
    }


def make_topics(kafka: str, topics: Sequence[Topic]) -> list[str]:
    """Make those topics that are not there yet and give all of them our settings; returns the names that it made.

    The broker's own default decides the replication factor. Raises `StackError` if a topic has another number of
    partitions than ours: its keys would move, and a case's events would lose their order. Raises `Unavailable` if the
    broker does not answer.
    """
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        admin = KafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_MS)
        try:
            return _make(admin, topics)
        finally:
            admin.close()
    except (KafkaError, OSError) as error:
        raise Unavailable(
            f"the broker at {kafka} does not do what the provisioner asks ({type(error).__name__})",
            hint="is it running, and may this client make topics there?",
        ) from None


def _make(admin: Any, topics: Sequence[Topic]) -> list[str]:
    from kafka.admin import ConfigResource
    from kafka.errors import TopicAlreadyExistsError

    ours = {topic.name: topic for topic in topics}
    existing = {name for name in admin.list_topics() if name in ours}
    if existing:
        _check_partitions(admin.describe_topics(sorted(existing)), ours)
        admin.alter_configs(
            [ConfigResource("topic", name, configs=dict(settings_of(ours[name]))) for name in sorted(existing)]
        )
    missing = [topic for topic in topics if topic.name not in existing]
    if missing:
        try:
            admin.create_topics(
                {topic.name: {"num_partitions": topic.partitions, "configs": settings_of(topic)} for topic in missing},
                wait_for_metadata=True,
            )
        except TopicAlreadyExistsError:  # another provisioner was faster: then its count must be ours
            _check_partitions(admin.describe_topics([topic.name for topic in missing]), ours)
    return [topic.name for topic in missing]


def _check_partitions(descriptions: Sequence[dict[str, Any]], ours: dict[str, Topic]) -> None:
    for description in descriptions:
        name, found = description["name"], len(description["partitions"])
        if found != ours[name].partitions:
            raise StackError(
                f"topic {name} has {found} partitions on this broker, not {ours[name].partitions}",
                hint="never change the number of partitions of a topic in use: use another broker, or delete the topic "
                "(the services publish its events again from their databases)",
            )
