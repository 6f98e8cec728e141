"""What speaks to Kafka: the consumer (Faust), the producer of the relay (aiokafka), and replays (kafka-python)."""
