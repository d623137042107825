"""A year of a town library, day by day through the real engine and its jobs.

python -m tests.simulation [--patrons N --items N --loans N --seed N]
"""
