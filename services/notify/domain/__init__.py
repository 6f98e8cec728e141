"""Notify's decisions: which notices and follow-ups an event causes, for whom, in which words. Pure."""
