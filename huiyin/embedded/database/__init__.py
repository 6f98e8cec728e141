"""The embedded PostgreSQL, and the services' roles, databases and migrations on any server."""
