"""Submitting jobs by their specifications, and what is done with them then."""
