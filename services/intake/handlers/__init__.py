"""Intake's use cases after registration: cases, vault, progress, timelines, and moves to another procedure version."""
