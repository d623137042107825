"""`tiro deposit`: items lent together to another place, by turns."""

from __future__ import annotations

import click

from circulation.kernel.results import StayKind
from protocols.commands.asking.described import Noun
from protocols.commands.items.deposits_and_themes import ENDS, STATIONS, add_common, stations_in
from protocols.commands.shared.values import at_branch

deposit = Noun(
    "deposit",
    help="Lend items together to another branch, a nursery, a waiting room, a bus, by turns.",
)
deposit.ask(
    "add",
    "begin_deposit",
    "Begin a deposit, with as many stations as it has turns.",
    click.argument("name"),
    STATIONS,
    ENDS,
    at_branch,
    wish=stations_in,
)
add_common(deposit, StayKind.DEPOSIT)
