"""The use cases of the sla service: decide on cases, and what a change of rules would do."""

from services.sla.handlers.clocks import ClockHandlers

__all__ = ["ClockHandlers"]
