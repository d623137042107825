"""Handling: each service that is carried out, as a plain function in one transaction."""
