"""`tiro yearly`: the figures that Danmarks Statistik asks a library for each year."""

from __future__ import annotations

import click

from protocols.commands.asking.described import described
from protocols.commands.shared.values import at_branch

yearly = described(
    "yearly",
    "show_year",
    """Count the loans and renewals of a YEAR by material and age, the stock and what left it.

    The figures are those of the branch's agency. Stock is counted as it is now, so ask when the
    year has just ended.
    """,
    click.argument("year", type=click.IntRange(1900, 9998)),
    at_branch,
)
