"""Progress bars of other libraries, moved by a watch."""
