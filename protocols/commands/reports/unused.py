"""`tiro unused`: items that are hardly used, to make room for others."""

from __future__ import annotations

from datetime import UTC, date, datetime

import click

from circulation.kernel.paging import MOST, PAGE
from circulation.stock.inventory import Shelf
from circulation.stock.weeding import unused_items
from protocols.api.models.stock import unused_shown
from protocols.commands.shared.library import as_json, opened, say, shape_of
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY, at_branch


@click.command()
@click.option("--since", type=DAY, required=True, help="What was not lent since that day.")
@click.option("--department", default="", help="These shelves alone; so for the others.")
@click.option("--location", default="")
@click.option("--sublocation", default="")
@click.option("--section", default="")
@click.option("--material-group", default="", metavar="CODE")
@click.option("--after", default=0, help="Those after the item with this number.")
@click.option("--limit", type=click.IntRange(1, MOST), default=PAGE, show_default=True)
@at_branch
@as_json
@click.pass_obj
def unused(
    settings: Settings,
    /,
    since: date,
    after: int,
    limit: int,
    branch: str,
    as_json: bool,
    **shelf: str,
) -> None:
    """List what stands on the shelves of a branch and nobody has borrowed for long.

    Titles that somebody waits for are left out. `copies` says how many items a title has at all;
    `tiro item withdraw` takes those out of the stock that you decide on.
    """
    with opened(settings) as library:
        desk = library.desk(branch)
        found = library.read(
            lambda transaction: unused_items(
                transaction,
                branch_id=desk.branch_id,
                not_since=datetime(since.year, since.month, since.day, tzinfo=UTC),
                shelf=Shelf(**shelf),
                after=after,
                limit=limit,
            )
        )
    say([shape_of(unused_shown(each)) | {"after": each.item_id} for each in found], as_json)
