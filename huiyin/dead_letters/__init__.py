"""Replaying and dropping what services could not process."""
