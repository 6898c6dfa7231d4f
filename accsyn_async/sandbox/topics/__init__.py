"""The calls by topic: what each does for whom."""
