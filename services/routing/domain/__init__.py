"""Routing's decisions: pure functions of state, event, procedure and now."""
