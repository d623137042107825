"""Holds: queues, whom an item serves, the hold shelf, recalls."""
