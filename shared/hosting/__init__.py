"""How a service becomes a process: HTTP, consumer, relay and loops in one event loop, started and drained in order."""
