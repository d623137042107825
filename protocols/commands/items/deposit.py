"""`tiro deposit`: items lent together to another place, by turns."""

from __future__ import annotations

from datetime import date

import click

from circulation.kernel.results import StayKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.items.deposits_and_themes import ENDS, STATIONS, add_common, stations_in
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.group()
def deposit() -> None:
    """Lend items together to another branch, a nursery, a waiting room, a bus, by turns."""


@deposit.command()
@click.argument("name")
@STATIONS
@ENDS
@at_branch
@as_json
@click.pass_obj
@asks("begin_deposit")
def add(
    settings: Settings,
    name: str,
    stations: tuple[str, ...],
    ends: date | None,
    branch: str,
    as_json: bool,
) -> None:
    """Begin a deposit, with as many stations as it has turns."""
    wish = {"name": name, "stations": stations_in(stations), "ends": ends}
    with asked(settings, branch) as asker:
        print_answer(asker.ask("begin_deposit", **wish), as_json)


add_common(deposit, StayKind.DEPOSIT)
