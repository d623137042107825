"""MARC records as bytes: reading files, checking what they hold, and parsing records."""
