"""The index: what can be searched, and from a record to its rows."""
