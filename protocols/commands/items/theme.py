"""`tiro theme`: items brought together for a shelf or an exhibition."""

from __future__ import annotations

from typing import Any

import click

from circulation.kernel.results import StayKind
from protocols.commands.asking.described import Noun
from protocols.commands.items.deposits_and_themes import ENDS, STATIONS, add_common, stations_in
from protocols.commands.shared.values import at_branch, flag

theme = Noun("theme", help="Bring items together on a shelf or in an exhibition of a branch.")


def _begun(not_lent: bool, loan_days: int | None, **wish: Any) -> dict[str, Any]:
    return stations_in(**wish) | {"loan_days": 0 if not_lent else loan_days}


theme.ask(
    "add",
    "begin_theme",
    "Begin a theme.",
    click.argument("name"),
    STATIONS,
    ENDS,
    flag("--not-lent", about="Its items are not lent meanwhile."),
    click.option(
        "--loan-days", type=click.IntRange(1), help="They are lent for so many days at most."
    ),
    at_branch,
    wish=_begun,
)
add_common(theme, StayKind.THEME)
