"""Every pair of verbs at the same moment, from two processes, on PostgreSQL.

`python -m tests.pairs --rounds 200 --seed 1` runs all pairs and prints a table; `--pair pay,waive`
runs one, `--with stock_verbs` those of the verbs of a module, `--part 1/3` a third of them. A short
draw of it is a test (`test_pairs.py`), and another breaks each rule by hand (`test_invariants.py`).
"""
