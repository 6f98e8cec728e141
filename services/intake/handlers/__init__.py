"""Intake's use cases after registration: officers' decisions, supplements, withdrawals, moves to another version."""
