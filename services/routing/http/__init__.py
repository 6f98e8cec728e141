"""Routing's HTTP routes, by resource: they read the request, call a use case and show the result."""
