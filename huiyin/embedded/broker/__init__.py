"""The embedded Apache Kafka: its jars, its Java, its topics."""
