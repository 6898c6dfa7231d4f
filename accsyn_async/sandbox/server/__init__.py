"""The outside: HTTP, the two dialects, logging in, bad weather, and control."""
