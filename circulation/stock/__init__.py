"""The stock on the shelves: whether it is there, whether it is used, and what the year counted."""
