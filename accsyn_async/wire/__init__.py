"""The accsyn REST protocol as pure functions: no socket, no clock, no file."""
