"""Asking: the origin's side, with which other targets are searched."""
