"""Keeps what is remembered in a file between runs."""
