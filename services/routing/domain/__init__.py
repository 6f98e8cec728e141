"""Routing's decisions: pure functions of case, event, procedure and now; they return the new case and what it emits."""
