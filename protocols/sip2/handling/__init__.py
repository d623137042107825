"""Handling: what each request comes to in circulation, and what of it is shown."""
