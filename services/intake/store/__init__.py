"""Intake's tables and every query on them. Nobody else touches this database."""
