"""How notices reach people: endpoint queues, attempts and their results, digests, the sinks."""
