"""Routing's tables and every query on them: cases, and what is counted of them under each matter's key."""
