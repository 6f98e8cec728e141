"""Routing's tables and every query on them: cases, and the counted cases of duplicate keys."""
