"""`tiro terminals`: what each account of a machine has sent, and what it gets wrong."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from circulation.callers.terminal_counts import TerminalCount, all_counts
from circulation.callers.terminals import all_terminals
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.sip2.terminals.tally import MESSAGE


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
    say([_account(login, [c for c in counts if c.account == login]) for login in logins], as_json)


def _account(login: str, counts: list[TerminalCount]) -> dict[str, Any]:
    last: datetime | None = max((each.last for each in counts), default=None)
    return {
        "account": login or "(before the login)",
        "last": last,
        "messages": {
            each.name.removeprefix(MESSAGE): each.times
            for each in counts
            if each.name.startswith(MESSAGE)
        },
        "deviations": {
            each.name: each.times for each in counts if not each.name.startswith(MESSAGE)
        },
    }
