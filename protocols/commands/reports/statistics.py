"""`tiro statistics`: loans, renewals and returns by day, branch, material and who they were for."""

from __future__ import annotations

from datetime import date
from typing import get_args

import click

from protocols.api.models.sums import By
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


@click.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--until", "last", type=DAY, help="The last day.  [default: today]")
@click.option(
    "--by",
    type=click.Choice(sorted(get_args(By))),
    multiple=True,
    default=("kind",),
    show_default=True,
    help="Repeat it for several.",
)
@as_json
@click.pass_obj
@asks("show_statistics")
def statistics(
    settings: Settings, first: date, last: date | None, by: tuple[str, ...], as_json: bool
) -> None:
    """How much was lent, renewed and returned, on the days that `jobs run statistics` counted."""
    with asked(settings) as asker:
        print_answer(asker.ask("show_statistics", first=first, last=last, by=by), as_json)
