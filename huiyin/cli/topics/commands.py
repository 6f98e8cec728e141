"""`huiyin topics`: what there is on the broker, and how far each consumer has come.

Mounts the other commands around messages too: `topics republish`, `tail` and `dead-letters`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from huiyin.cli.topics import dead_letters, republish, tail

REQUEST_MS = 10_000
Place = tuple[str, int]


def register(app: typer.Typer) -> None:
    """Add these commands to `huiyin`."""
    group = typer.Typer(help="what there is on the broker; publish events again")
    group.callback(invoke_without_command=True)(topics)
    group.command()(republish.republish)
    app.add_typer(group, name="topics")
    tail.register(app)
    dead_letters.register(app)


@dataclass(frozen=True)
class TopicLine:
    """One topic as it is on the broker. `records` are those that it holds now; `lag` is by consumer group."""

    name: str
    writer: str
    meaning: str
    partitions: int
    records: int
    end: int
    lag: dict[str, int]


def topics(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Every topic: who writes it and what for, its partitions and records, and the lag of each consumer."""
    from huiyin.cli.client import Connection

    if context.invoked_subcommand is not None:
        return
    lines = read_topics(Connection(home).kafka())
    if as_json:
        print(json.dumps([asdict(line) for line in lines], indent=2))
        return
    for line in lines:
        size = f"{line.partitions} partitions, {line.records} records" if line.partitions else "not made yet"
        print(f"{line.name:<30} {size}")
        print(f"    {line.writer}: {line.meaning}")
        for group, behind in sorted(line.lag.items()):
            print(f"    {group} is {behind} behind" if behind else f"    {group} has read all")


def read_topics(kafka: str) -> list[TopicLine]:
    """Ask the broker at `host:port`. Raises `Unavailable` if it does not answer."""
    from kafka import KafkaAdminClient
    from kafka.admin import OffsetSpec

    from huiyin.cli.topics.broker import broker_errors
    from shared.events.topics import TOPICS

    with broker_errors(kafka):
        admin = KafkaAdminClient(bootstrap_servers=kafka, request_timeout_ms=REQUEST_MS)
        try:
            there = set(admin.list_topics())
            ours = [topic.name for topic in TOPICS if topic.name in there]
            partitions = {
                found["name"]: len(found["partitions"]) for found in (admin.describe_topics(ours) if ours else ())
            }
            ends = _offsets(admin, partitions, OffsetSpec.LATEST)
            starts = _offsets(admin, partitions, OffsetSpec.EARLIEST)
            committed = _committed(admin)
        finally:
            admin.close()
    return [
        TopicLine(
            name=topic.name,
            writer=topic.writer,
            meaning=topic.meaning,
            partitions=partitions.get(topic.name, 0),
            records=sum(end - starts[place] for place, end in ends.items() if place[0] == topic.name),
            end=sum(end for place, end in ends.items() if place[0] == topic.name),
            lag=lag_of(topic.name, ends, committed),
        )
        for topic in TOPICS
    ]


def lag_of(topic: str, ends: Mapping[Place, int], committed: Mapping[str, Mapping[Place, int]]) -> dict[str, int]:
    """By consumer group that has ever committed on the topic: records behind the end, over all its partitions."""
    return {
        group: sum(max(0, end - offsets.get(place, 0)) for place, end in ends.items() if place[0] == topic)
        for group, offsets in committed.items()
        if any(place[0] == topic for place in offsets)
    }


def _offsets(admin: Any, partitions: Mapping[str, int], spec: Any) -> dict[Place, int]:
    from kafka import TopicPartition

    wanted = {TopicPartition(name, number): spec for name, count in partitions.items() for number in range(count)}
    found = admin.list_partition_offsets(wanted) if wanted else {}
    return {(place.topic, place.partition): result.offset for place, result in found.items()}


def _committed(admin: Any) -> dict[str, dict[Place, int]]:
    groups = _names(admin.list_groups())
    found = admin.list_group_offsets(dict.fromkeys(groups)) if groups else {}
    return {
        group: {
            (place.topic, place.partition): offset.offset for place, offset in offsets.items() if offset.offset >= 0
        }
        for group, offsets in found.items()
    }


def _names(groups: Iterable[Any]) -> list[str]:
    return sorted(str(group["group_id"]) for group in groups)
