"""Terminals: their accounts and options, who gets in, where they are, and what they get wrong."""
