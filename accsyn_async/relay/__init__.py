"""One relay polls for a whole studio: what happens goes to NATS JetStream, and watches read it there."""
