"""The invented people of the demonstration: what they plan, and how they reach the services."""
