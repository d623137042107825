"""Searching: what a query finds; scanning, sorting and facets."""
