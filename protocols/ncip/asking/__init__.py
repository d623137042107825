"""Asking: what we tell and ask partners, and what their answers do."""
