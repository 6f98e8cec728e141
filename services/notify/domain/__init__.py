"""Notify's decisions: which notices and call-backs an event causes, for whom, in which words. Pure."""
