"""The outbox: events written in the transaction of the decision that made them, and the relay that publishes them."""

from shared.messaging.outbox.writer import append, republish

__all__ = ["append", "republish"]
