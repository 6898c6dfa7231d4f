"""What can be done with the entities of each type, and by which rules."""
