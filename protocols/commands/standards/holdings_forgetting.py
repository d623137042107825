"""`tiro holdings forget`: a sink that is told no more."""

from __future__ import annotations

import click

from catalogue.database import Transaction
from circulation.holdings.progress import forget_sink
from circulation.kernel.events import EventKind, NewEvent, append_event
from protocols.commands.shared.library import opened
from protocols.commands.shared.saying import as_json, tell
from protocols.commands.shared.settings import Settings


@click.command()
@click.argument("sink")
@as_json
@click.pass_obj
def forget(settings: Settings, sink: str, as_json: bool) -> None:
    """Forget SINK, which tiro.toml no longer names, and what it was told."""
    if sink in settings.configuration.holdings.sinks:
        raise click.ClickException(f"{sink} still stands in [holdings] of tiro.toml")
    with opened(settings) as library:

        def work(transaction: Transaction) -> bool:
            if not forget_sink(transaction, sink):
                return False
            # Who has done it stands in the journal.
            act = library.act(transaction)
            act = act._replace(desk=act.desk._replace(actor=library.actor, device="command line"))
            after = {"sink": sink, "what": "forgotten"}
            append_event(act, NewEvent(EventKind.HOLDINGS_MANAGED, after=after))
            return True

        if not library.write(work):
            raise click.ClickException(f"nobody is told under the name {sink}")
    tell(f"{sink} is forgotten.", {"sink": sink}, as_json)
