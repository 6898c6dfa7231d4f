"""What can be wrong with a job before it is sent."""
