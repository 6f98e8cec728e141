"""`huiyin sla`: due instants computed and explained, and what a change of rules would do."""
