"""A simulator: the real session over a backend that tells lies, in virtual time, replayed by a number."""
