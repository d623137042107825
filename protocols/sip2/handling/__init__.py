"""Handling: what each request does in circulation, and what of it is shown."""
