"""The balancing sheet: what the files say, what the database says, and why they differ."""
