"""What clients send and see of entities and jobs: their attributes."""
