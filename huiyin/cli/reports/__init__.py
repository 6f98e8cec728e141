"""Recurring reports on the command line."""
