"""What a dashboard and a relay have in common as servers: who may ask, and what is counted of requests."""
