"""The index: what can be searched, and the rows that come from a record."""
