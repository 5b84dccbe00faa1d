"""The endpoints that take events, and what stands between them and the outbox."""
