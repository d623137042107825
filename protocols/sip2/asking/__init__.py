"""Asking: the terminal's side, and conversations that are written down and spoken again."""
