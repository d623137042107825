"""Asking: what partners are told and asked by us, and what their answers do."""
