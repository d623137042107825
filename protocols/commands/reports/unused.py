"""`tiro unused`: items that are hardly used, to make room for others."""

from __future__ import annotations

import click

from protocols.commands.asking.described import described
from protocols.commands.asking.pages import paged
from protocols.commands.shared.values import DAY, at_branch

unused = described(
    "unused",
    "show_unused",
    """List what stands on the shelves of a branch and nobody has borrowed for long.

    Titles that somebody waits for are left out. `copies` says how many items a title has at all;
    `tiro item withdraw` takes those out of the stock that you decide on.
    """,
    click.option(
        "--since",
        "not_lent_since",
        type=DAY,
        required=True,
        help="What was not lent since that day.",
    ),
    click.option("--department", help="These shelves alone; so for the others."),
    click.option("--location"),
    click.option("--sublocation"),
    click.option("--section"),
    click.option("--material-group", metavar="CODE"),
    at_branch,
    paged,
)
