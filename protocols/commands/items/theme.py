"""`tiro theme`: items brought together for a shelf or an exhibition."""

from __future__ import annotations

from datetime import date

import click

from circulation.kernel.results import StayKind
from protocols.commands.items.deposits_and_themes import ENDS, STATIONS, Wanted, add_common, create
from protocols.commands.shared.library import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.group()
def theme() -> None:
    """Bring items together on a shelf or in an exhibition of a branch."""


@theme.command("add")
@click.argument("name")
@STATIONS
@ENDS
@click.option("--not-lent", is_flag=True, help="Its items are not lent meanwhile.")
@click.option("--loan-days", type=click.IntRange(1), help="They are lent for so many days at most.")
@at_branch
@as_json
@click.pass_obj
def add_theme(
    settings: Settings,
    name: str,
    stations: tuple[str, ...],
    ends: date | None,
    not_lent: bool,
    loan_days: int | None,
    branch: str,
    as_json: bool,
) -> None:
    """Begin a theme."""
    wanted = Wanted(StayKind.THEME, name, stations, ends, 0 if not_lent else loan_days)
    create(settings, wanted, branch, as_json)


add_common(theme, StayKind.THEME)
