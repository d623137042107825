"""`tiro terminals`: what each account of a machine has sent, and what it gets wrong."""

from __future__ import annotations

from dataclasses import asdict

import click

from circulation.callers.terminal_counts import all_counts
from circulation.callers.terminals import all_terminals
from protocols.api.models.operating import terminals_shown
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings


@click.command()
@as_json
@click.pass_obj
def terminals(settings: Settings, as_json: bool) -> None:
    """Show what each terminal account has sent, and where it departs from the standard.

    A running server writes its counts down every quarter of a minute.
    """
    accounts = settings.configuration.standards["sip2"].accounts
    with opened(settings) as library:
        counts = library.read(all_counts)
        stored = library.read(all_terminals)
    logins = dict.fromkeys(
        [each.login for each in accounts]
        + [each.login for each in stored]
        + [each.account for each in counts]
    )
    say([asdict(each) for each in terminals_shown(logins, counts).terminals], as_json)
