"""Asking: the terminal's side, and conversations that are recorded and replayed."""
