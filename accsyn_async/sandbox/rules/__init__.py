"""What may be done in a workspace, by whom, and what comes of it."""
