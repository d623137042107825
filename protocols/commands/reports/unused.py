"""`tiro unused`: items that are hardly used, to make room for others."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, at_branch


@click.command()
@click.option("--since", type=DAY, required=True, help="What was not lent since that day.")
@click.option("--department", help="These shelves alone; so for the others.")
@click.option("--location")
@click.option("--sublocation")
@click.option("--section")
@click.option("--material-group", metavar="CODE")
@at_branch
@paged
@as_json
@click.pass_obj
@asks("show_unused")
def unused(settings: Settings, /, since: date, branch: str, as_json: bool, **which: Any) -> None:
    """List what stands on the shelves of a branch and nobody has borrowed for long.

    Titles that somebody waits for are left out. `copies` says how many items a title has at all;
    `tiro item withdraw` takes those out of the stock that you decide on.
    """
    with asked(settings, branch) as asker:
        print_page(asker, asker.ask("show_unused", not_lent_since=since, **which), as_json)
