"""The web page: one watch, any number of open pages."""
