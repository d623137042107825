"""Closures in an emergency: a branch closes at once."""
