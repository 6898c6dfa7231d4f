"""What a workspace holds, and what is remembered of it. Knows no wire, no files, no rules."""
