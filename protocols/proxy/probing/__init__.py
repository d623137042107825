"""Asking an old system, before anything is moved, how it speaks SIP2 and what it does."""
