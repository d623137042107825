"""`tiro lookups`: who has looked at which patron, from where, and in what context."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.pages import CURSOR, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings


@click.command()
@click.option("--patron", metavar="PATRON", help="Who has looked at this patron.")
@click.option("--actor", metavar="NAME", help="Whom somebody has looked at: of the staff, a login.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=100, show_default=True)
@CURSOR
@as_json
@click.pass_obj
@asks("list_lookups", "list_lookups_by")
def lookups(
    settings: Settings, /, patron: str | None, actor: str | None, as_json: bool, **page: Any
) -> None:
    """Show the log of look-ups, the newest first. It notes that you looked."""
    if (patron is None) == (actor is None):
        raise click.UsageError("one of --patron and --actor says whose")
    with asked(settings) as asker:
        if patron is not None:
            answer = asker.ask("list_lookups", patron=asker.patron(patron), **page)
        else:
            answer = asker.ask("list_lookups_by", actor=actor, **page)
        print_page(asker, answer, as_json)
