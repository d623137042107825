"""Every change of the tables, in one linear history for both engines."""
