"""What a program for the official client has to change: found by reading it, never by running it. Pure."""
