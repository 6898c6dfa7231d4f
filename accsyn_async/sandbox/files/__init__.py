"""Files on real folders, none of which can be left."""
