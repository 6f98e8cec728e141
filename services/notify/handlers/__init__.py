"""Notify's use cases: events in, call-backs and answers recorded."""
