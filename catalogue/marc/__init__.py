"""MARC records as bytes: reading files, judging what was found, and taking records apart."""
