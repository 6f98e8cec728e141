"""The contract between services and with other departments: topics, envelope, event types."""
