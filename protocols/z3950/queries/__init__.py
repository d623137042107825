"""Queries: RPN, CQL and prefix notation, and Bib-1 attributes, in the words of the catalogue."""
