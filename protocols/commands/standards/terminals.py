"""`tiro terminals`: what each account of a machine has sent, and what it gets wrong."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings


@click.command()
@as_json
@click.pass_obj
@asks("list_terminals")
def terminals(settings: Settings, as_json: bool) -> None:
    """Show what each terminal account has sent, and where it departs from the standard.

    A running server writes its counts down every quarter of a minute.
    """
    with asked(settings) as asker:
        print_answer(asker.ask("list_terminals"), as_json)
