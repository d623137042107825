"""`tiro theme`: items brought together for a shelf or an exhibition."""

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
def theme() -> None:
    """Bring items together on a shelf or in an exhibition of a branch."""


@theme.command()
@click.argument("name")
@STATIONS
@ENDS
@click.option("--not-lent", is_flag=True, help="Its items are not lent meanwhile.")
@click.option("--loan-days", type=click.IntRange(1), help="They are lent for so many days at most.")
@at_branch
@as_json
@click.pass_obj
@asks("begin_theme")
def add(
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
    wish = {"name": name, "stations": stations_in(stations), "ends": ends}
    with asked(settings, branch) as asker:
        answer = asker.ask("begin_theme", loan_days=0 if not_lent else loan_days, **wish)
    print_answer(answer, as_json)


add_common(theme, StayKind.THEME)
