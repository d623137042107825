"""Every pair of verbs at the same moment, from two processes, on PostgreSQL.

`python -m tests.pairs --rounds 200 --seed 1` runs all pairs and prints a table; `--pair pay,waive`
runs one. A short draw of it is a test (`test_pairs.py`).
"""
