"""Outbox, inbox, consumer, relay, dead letters: how an event leaves one database and reaches another, with one effect.

At least once over Kafka, and an idempotent effect in one transaction: see docs/messaging.md. Faust is imported in
`kafka.consumer` alone.
"""
