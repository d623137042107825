"""`tiro lookups`: who has looked at which patron, from where, and in what context."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import doing
from protocols.commands.asking.pages import CURSOR


def _one_side(patron: str | None, actor: str | None, **page: Any) -> dict[str, Any]:
    if (patron is None) == (actor is None):
        raise click.UsageError("one of --patron and --actor says whose")
    return page | {"patron": patron, "actor": actor}


@doing(
    "lookups",
    "list_lookups list_lookups_by",
    click.option("--patron", metavar="PATRON", help="Who has looked at this patron."),
    click.option(
        "--actor", metavar="NAME", help="Whom somebody has looked at: of the staff, a login."
    ),
    click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True),
    CURSOR,
    wish=_one_side,
)
def lookups(asker: Asker, patron: str | None, actor: str | None, **page: Any) -> Any:
    """Show the log of look-ups, the newest first. It notes that you looked."""
    if patron is not None:
        return asker.ask("list_lookups", patron=patron, **page)
    return asker.ask("list_lookups_by", actor=actor, **page)
