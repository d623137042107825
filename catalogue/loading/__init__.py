"""Loading: files of records, whole and exactly once."""
