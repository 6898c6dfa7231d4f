"""Getting requests to the backend: connections, credentials, login, limits, second tries."""
