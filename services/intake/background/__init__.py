"""Loops of intake: what it does from time to time by itself."""
