"""The backend's calls by topic, with the official client's names, parameters and returns."""
