"""`tiro list`: what staff have to see to, by pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL


@click.group("list")
def lists() -> None:
    """List what is to be done, the oldest first.

    With --limit so many lines; where there are more, the word that is printed at the end is the
    --cursor of the next page.
    """


def _listing(
    name: str,
    operation: str,
    about: str,
    *,
    needs_branch: bool = False,
    options: tuple[Callable[[Any], Any], ...] = (),
    **said: Any,
) -> None:
    """Adds a command for a list."""

    @asks(operation)
    def command(settings: Settings, branch: str | None, as_json: bool, **page: Any) -> None:
        with asked(settings, branch) as asker:
            print_page(asker, asker.ask(operation, **page, **said), as_json)

    missing = "" if needs_branch else "  [default: all]"
    decorators: tuple[Callable[[Any], Any], ...] = (
        click.pass_obj,
        as_json,
        paged,
        *options,
        click.option(
            "--at", "branch", type=ISIL, required=needs_branch, help=f"Of this branch.{missing}"
        ),
        lists.command(name, help=about),
    )
    decorated: Any = command
    for decorate in decorators:
        decorated = decorate(decorated)


_listing("overdue", "show_overdue", "Loans beyond their due date.")
_listing("fetch", "show_pick_list", "What to fetch from the shelves for holds.", needs_branch=True)
_listing(
    "shelf",
    "show_shelf",
    "What does not belong on the hold shelf any more.",
    needs_branch=True,
    to_go=True,
)
_listing(
    "transits",
    "show_transits",
    "Items on their way for too long; --at is where they should arrive.",
    options=(click.option("--days", type=click.IntRange(0), default=3, show_default=True),),
)
_listing(
    "conflicts",
    "show_conflicts",
    "Off-line acts that are open or against the rules: `tiro off-line try`, `settle`, `reopen`.",
    options=(click.option("--settled", is_flag=True, help="Those that were done or settled."),),
)
_listing("lost", "show_claims", "Loans of lost items.", mark="lost")
_listing(
    "claimed",
    "show_claims",
    "Loans of items that the borrower says were returned.",
    mark="claimed_returned",
)
_listing("missing", "show_missing", "Items that are not on loan and cannot be found.")
_listing(
    "unwarned",
    "show_unwarned",
    "Debts that would block, but no warning has reached anybody. `tiro notices resend` it when "
    "there is an address, or decide with `tiro patron block`.",
    needs_branch=True,
)
