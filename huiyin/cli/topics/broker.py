"""The command line's way to Kafka: a plain kafka-python client, with its errors as one line."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from shared.errors import Unavailable


@contextmanager
def broker_errors(kafka: str) -> Iterator[None]:
    """Errors of the client and of the network as `Unavailable`; its own log lines are kept off the screen."""
    from kafka.errors import KafkaError

    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    try:
        yield
    except (KafkaError, OSError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Unavailable(
            f"the broker at {kafka} does not do what was asked ({type(error).__name__})", hint="see `huiyin status`"
        ) from None


def full_name(topic: str, known: tuple[str, ...]) -> str:
    """A topic by its full name or by a short one: `complaints` is `huiyin.complaints.v1`."""
    return next((name for name in known if topic == name or name == f"huiyin.{topic}.v1"), topic)
