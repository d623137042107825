"""Reindexing: the whole index made anew, beside the work or after a load."""
