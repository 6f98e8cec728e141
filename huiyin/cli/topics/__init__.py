"""`huiyin topics`, `tail` and `dead-letters`: what is on the broker, and what could not be processed."""
