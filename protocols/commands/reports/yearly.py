"""`tiro yearly`: the figures that Danmarks Statistik asks a library for each year."""

from __future__ import annotations

import click

from catalogue.database import Transaction
from circulation.stock.yearly import figures_of_year
from protocols.api.models.stock import YearlyFigures, year_shown
from protocols.commands.shared.library import as_json, opened, say, shape_of
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.command()
@click.argument("year", type=click.IntRange(1900, 9998))
@at_branch
@as_json
@click.pass_obj
def yearly(settings: Settings, year: int, branch: str, as_json: bool) -> None:
    """Count the loans and renewals of a YEAR by material and age, the stock and what left it.

    The figures are those of the branch's agency. Stock is counted as it is now, so ask when the
    year has just ended.
    """
    with opened(settings) as library:
        desk = library.desk(branch)

        def work(transaction: Transaction) -> YearlyFigures:
            set_up = library.circulation.current_set_up(transaction)
            found = figures_of_year(transaction, set_up, agency_id=desk.agency_id, year=year)
            return year_shown(set_up.agency_isil(desk.agency_id), found)

        say(shape_of(library.read(work)), as_json)
