"""A library changes from one system to another without a day without lending: the rehearsal.

    make cut-over                         # sixty days
    python -m tests.cut_over --days 2 --acts 60 --kills 3 --seed 7

An old system of another make, whose habits are drawn, stands behind a line with faults, a new one
is loaded from the old one's files, and `tiro proxy` stands before both. At thirty terminals people
lend, renew, return, reserve and pay, many at once, while branches are flipped, flipped back, and
processes are killed. At the end a checker, which reads the journal, what terminals saw and both
databases alone, prints what was lost, what was refused for no reason of the old system's, who was
told something twice, and in what the two systems differ.

    campaign -> counters -> terminals -> (proxy -> fronts -> old and new)      what happens
    checker -> replaying                                                       what came of it
"""
