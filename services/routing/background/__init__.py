"""Routing's loops: what time alone changes."""
