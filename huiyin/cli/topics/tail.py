"""`huiyin tail`: follows events as any subscriber of the topics could, with a plain kafka-python consumer.

It joins no group and commits nothing, so that it disturbs nobody.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import typer

_POLL_MS = 500
_COLOURS = {
    "complaint": "36",
    "assignment": "33",
    "deadline": "35",
    "notice": "32",
    "report": "34",
    "dead-letter": "31",
}


def register(app: typer.Typer) -> None:
    """Add this command to `huiyin`."""
    app.command()(tail)


@dataclass(frozen=True)
class Selection:
    """Which events are shown: of one case, of a type (glob over the short or the full name)."""

    case: str | None = None
    type: str | None = None

    def shows(self, key: str, type_: str) -> bool:
        """Whether an event with this record key and full type is shown."""
        if self.case is not None and key != self.case:
            return False
        return self.type is None or fnmatchcase(type_, self.type) or fnmatchcase(short(type_), self.type)


def tail(
    topics: Annotated[list[str] | None, typer.Argument(help="complaints, assignments …; default: all")] = None,
    case: Annotated[str | None, typer.Option(help="only this case (its id)")] = None,
    type_: Annotated[str | None, typer.Option("--type", help="only these types, e.g. 'deadline.*'")] = None,
    from_start: Annotated[bool, typer.Option("--from-start", help="from the oldest record there is")] = False,
    once: Annotated[bool, typer.Option("--once", help="end when all that is there now is shown")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON document per line, as it stands")] = False,
    home: Annotated[Path | None, typer.Option(help="home folder of the running stack")] = None,
) -> None:
    """Show events as they come, one line each: when, what, which case, and the coded data. Ctrl-C ends it."""
    from huiyin.cli.client import Connection
    from huiyin.cli.topics.broker import broker_errors, full_name
    from shared.events.topics import TOPICS

    known = tuple(topic.name for topic in TOPICS)
    names = [full_name(topic, known) for topic in topics or known]
    kafka = Connection(home).kafka()
    coloured = sys.stdout.isatty() and not as_json
    wanted = Selection(case.lower() if case else None, type_)
    try:
        with broker_errors(kafka):
            for value in follow(kafka, names, wanted, from_start=from_start or once, once=once):
                print(value.decode("utf-8", "replace") if as_json else line_of(value, coloured=coloured), flush=True)
    except KeyboardInterrupt:
        pass
    except BrokenPipeError:  # `huiyin tail | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def follow(kafka: str, topics: Sequence[str], wanted: Selection, *, from_start: bool, once: bool) -> Iterator[bytes]:
    """The values of records as they come; with `once` those that are there now. Raises `NotFound` for a topic that the
    broker does not have."""
    from kafka import KafkaConsumer, TopicPartition

    from shared.errors import NotFound

    consumer = KafkaConsumer(
        bootstrap_servers=kafka,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest" if from_start else "latest",
        consumer_timeout_ms=_POLL_MS,
    )
    try:
        there = consumer.topics()
        for topic in topics:
            if topic not in there:
                raise NotFound("the broker has no such topic", field="TOPIC", hint="see `huiyin topics`")
        places = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in sorted(consumer.partitions_for_topic(topic) or ())
        ]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        (consumer.seek_to_beginning if from_start else consumer.seek_to_end)(*places)
        while True:
            for records in consumer.poll(timeout_ms=_POLL_MS).values():
                for record in records:
                    key = (record.key or b"").decode("ascii", "replace")
                    if record.value and wanted.shows(key, _header_type(record)):
                        yield record.value
            if once and all(consumer.position(place) >= ends[place] for place in places):
                return
    finally:
        consumer.close(autocommit=False)


def _header_type(record: Any) -> str:
    """The event's type, from the header: most records that are not wanted are never parsed."""
    for name, value in record.headers or ():
        if name == "ce_type":
            return bytes(value).decode("ascii", "replace")
    try:
        return str(json.loads(record.value)["type"])
    except (ValueError, KeyError, TypeError):
        return ""


def short(type_: str) -> str:
    """`huiyin.complaint.registered.v1` -> `complaint.registered`; another form stays as it is."""
    parts = type_.split(".")
    if len(parts) >= 4 and parts[0] == "huiyin" and parts[-1][:1] == "v":
        return ".".join(parts[1:-1])
    return type_


def line_of(value: bytes, *, coloured: bool) -> str:
    """One event as a line. What is not an event of ours is named as such, without its content."""
    try:
        event = json.loads(value)
        type_, subject, data = short(str(event["type"])), str(event["subject"]), event["data"]
        at = datetime.fromisoformat(event["time"]).astimezone().isoformat(sep=" ", timespec="seconds")
        details = " ".join(f"{name}={_plain(item)}" for name, item in data.items() if item not in (None, [], {}, ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return "(a record that is no event)"
    colour = _COLOURS.get(type_.split(".")[0], "0")
    shown = f"\033[{colour}m{type_:<28}\033[0m" if coloured else f"{type_:<28}"
    return f"{at}  {shown}  {subject}  #{event.get('sequence', 0)}  {details}"


def _plain(item: object) -> str:
    return item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, separators=(",", ":"))
