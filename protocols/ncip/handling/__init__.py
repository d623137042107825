"""Handling: each service that we offer, as a plain function in one transaction."""
