"""Notify's use cases: events in, answers recorded."""
