"""Loans: lending, returning, renewing, and what can go wrong in between."""
