"""Callers: machines and partners, what they have sent and what they were answered."""
