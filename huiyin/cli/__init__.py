"""The groups of commands that speak to a running stack, and what they have in common."""
