"""How a service becomes a process: HTTP, pump, relay and loops in one event loop, started and drained in order."""
