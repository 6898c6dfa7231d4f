"""Runs jobs, by the sandbox's clock."""
