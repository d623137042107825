"""Small mistakes made in the code, one at a time: does a test fail?

`rooms` names the modules that are changed and the tests that are run, `changes` makes the
mutants, `swapping` puts one into the running process, and `plugin` runs the tests that reach it.
"""
