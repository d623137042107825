"""How a command does something with a patron who is named by a card."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked
from protocols.commands.shared.settings import Settings

PATRON = click.argument("identifier", metavar="PATRON")


def of_patron(
    settings: Settings,
    card: str,
    operation: str,
    as_json: bool,
    *,
    at: str | None = None,
    **said: Any,
) -> None:
    """Asks the operation with the patron who has that identifier, and prints its answer."""
    with asked(settings, at) as asker:
        print_answer(asker.ask(operation, patron=asker.patron(card), **said), as_json)
