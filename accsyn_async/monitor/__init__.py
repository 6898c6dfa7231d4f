"""Turning polls into events: one poller, any number of watches."""
