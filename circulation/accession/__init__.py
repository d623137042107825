"""Accession: what is announced, received, numbered and added to the stock."""
