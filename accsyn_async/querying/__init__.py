"""The query language: reading it, and testing entities with it. Knows nothing of what is queried."""
