"""Why the rules say what they say, for staff who ask."""
