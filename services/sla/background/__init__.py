"""Loops of the sla service beside its timers: changed rules, and the count of open clocks."""
