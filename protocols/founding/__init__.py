"""A library of one's own: its two files, to begin with."""
