"""Intake's decisions: pure functions of complaint, procedure and the present instant."""
