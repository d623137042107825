"""`tiro list`: what staff have to see to, by pages."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.described import Noun, Parameter
from protocols.commands.asking.pages import paged
from protocols.commands.shared.values import ISIL, flag

lists = Noun(
    "list",
    help="""List what is to be done, the oldest first.

    With --limit so many lines; where there are more, the word that is printed at the end is the
    --cursor of the next page.
    """,
)
_OF_BRANCH = click.option("--at", "branch", type=ISIL, required=True, help="Of this branch.")
_OF_ANY = click.option("--at", "branch", type=ISIL, help="Of this branch.  [default: all]")


def _list(
    name: str,
    operation: str,
    about: str,
    *parameters: Parameter,
    at: Parameter = _OF_ANY,
    **fixed: Any,
) -> None:
    lists.ask(name, operation, about, at, *parameters, paged, **fixed)


_list("overdue", "show_overdue", "Loans beyond their due date.")
_list("fetch", "show_pick_list", "What to fetch from the shelves for holds.", at=_OF_BRANCH)
_list(
    "shelf",
    "show_shelf",
    "What does not belong on the hold shelf any more.",
    at=_OF_BRANCH,
    to_go=True,
)
_list(
    "transits",
    "show_transits",
    "Items on their way for too long; --at is where they should arrive.",
    click.option("--days", type=click.IntRange(0), default=3, show_default=True),
)
_list(
    "conflicts",
    "show_conflicts",
    "Off-line acts that are open or against the rules: `tiro off-line try`, `settle`, `reopen`.",
    flag("--settled", about="Those that were done or settled."),
)
_list("lost", "show_claims", "Loans of lost items.", mark="lost")
_list(
    "claimed",
    "show_claims",
    "Loans of items that the borrower says were returned.",
    mark="claimed_returned",
)
_list("missing", "show_missing", "Items that are not on loan and cannot be found.")
_list(
    "unwarned",
    "show_unwarned",
    "Debts that would block, but no warning has reached anybody. `tiro notices resend` it when "
    "there is an address, or decide with `tiro patron block`.",
    at=_OF_BRANCH,
)
