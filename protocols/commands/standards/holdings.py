"""`tiro holdings`: data wells and others who are told what the library has."""

from __future__ import annotations

from typing import Any

import click

from catalogue.database import Transaction
from circulation.holdings.progress import forget_sink, tell_all, waiting_for
from circulation.holdings.reconciling import total_of
from circulation.holdings.rows import (
    Sink,
    all_sinks,
    count_refused,
    refused_records,
    try_refused_now,
)
from circulation.kernel.events import EventKind, NewEvent, append_event
from protocols.commands.shared.library import Library, opened
from protocols.commands.shared.saying import as_json, say, tell
from protocols.commands.shared.settings import Settings

_SINK = click.argument("sink")


@click.group()
def holdings() -> None:
    """Data wells and others who are told what the library has ([holdings] of tiro.toml)."""


@holdings.command()
@as_json
@click.pass_obj
def status(settings: Settings, as_json: bool) -> None:
    """Say how far each is told, and what keeps it; records, items and checksum are what it has."""
    with opened(settings) as library:

        def look(transaction: Transaction) -> list[dict[str, Any]]:
            return [_shown(library, transaction, each) for each in all_sinks(transaction)]

        found = library.database.read(look, wide=True).result()
    say(found, as_json)


def _shown(library: Library, transaction: Transaction, sink: Sink) -> dict[str, Any]:
    waiting, again = waiting_for(transaction, sink)
    total = total_of(library.act(transaction), sink.name)
    return {
        "sink": sink.name,
        "waiting": waiting,
        "told again": again,
        "refused": count_refused(transaction, name=sink.name),
        "problem": sink.problem,
        "failed tries": sink.tries,
        "next try": sink.next_try,
        "last told": sink.last_told,
        "records told": sink.told,
        "records": total.records,
        "items": total.items,
        "checksum": total.checksum,
    }


@holdings.command("send-all")
@_SINK
@as_json
@click.pass_obj
def send_all(settings: Settings, sink: str, as_json: bool) -> None:
    """Have SINK told of everything again, beside what changes; it may be interrupted."""
    with opened(settings) as library:

        def work(transaction: Transaction) -> bool:
            if not tell_all(transaction, sink):
                return False
            _note(library, transaction, sink, "all is told again")
            return True

        if not library.write(work):
            raise _nobody(sink)
    tell(f"{sink} is told of everything again.", {"sink": sink}, as_json)


@holdings.command()
@_SINK
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@click.pass_obj
def refused(settings: Settings, sink: str, most: int, as_json: bool) -> None:
    """List the records that SINK does not take, and why."""
    with opened(settings) as library:
        rows = library.read(
            lambda transaction: refused_records(transaction, name=sink, at_most=most)
        )
    facts = [
        {
            "record": each.record_id,
            "problem": each.problem,
            "tries": each.tries,
            "since": each.since,
            "next try": each.next_try,
        }
        for each in rows
    ]
    say(facts, as_json)


@holdings.command()
@_SINK
@as_json
@click.pass_obj
def retry(settings: Settings, sink: str, as_json: bool) -> None:
    """Try the records that SINK did not take at once."""
    with opened(settings) as library:
        number = library.write(
            lambda transaction: try_refused_now(transaction, name=sink, now=library.now)
        )
    tell(f"{number} records are tried again.", {"sink": sink, "records": number}, as_json)


@holdings.command()
@_SINK
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
            _note(library, transaction, sink, "forgotten")
            return True

        if not library.write(work):
            raise _nobody(sink)
    tell(f"{sink} is forgotten.", {"sink": sink}, as_json)


def _nobody(sink: str) -> click.ClickException:
    return click.ClickException(
        f"nobody is told under the name {sink}; a server registers those of its tiro.toml"
    )


def _note(library: Library, transaction: Transaction, sink: str, what: str) -> None:
    """Who has done it stands in the journal."""
    act = library.act(transaction)
    act = act._replace(desk=act.desk._replace(actor=library.actor, device="command line"))
    after = {"sink": sink, "what": what}
    append_event(act, NewEvent(EventKind.HOLDINGS_MANAGED, after=after))
