"""`tiro yearly`: the figures that Danmarks Statistik asks a library for each year."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.command()
@click.argument("year", type=click.IntRange(1900, 9998))
@at_branch
@as_json
@click.pass_obj
@asks("show_year")
def yearly(settings: Settings, year: int, branch: str, as_json: bool) -> None:
    """Count the loans and renewals of a YEAR by material and age, the stock and what left it.

    The figures are those of the branch's agency. Stock is counted as it is now, so ask when the
    year has just ended.
    """
    with asked(settings, branch) as asker:
        print_answer(asker.ask("show_year", year=year), as_json)
