"""Live changes: memory for each subscriber, the time until changes arrive, and other requests."""
