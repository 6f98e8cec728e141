"""The outbox: events written in the transaction of the decision that made them, and the relay that publishes them."""

from shared.messaging.outbox.transaction import Outbox
from shared.messaging.outbox.writer import PAGE_IDS, append, republish

__all__ = ["PAGE_IDS", "Outbox", "append", "republish"]
