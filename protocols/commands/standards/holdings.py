"""`tiro holdings`: data wells and others who are told what the library has."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.late import LateGroup
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings

_SINK = click.argument("sink")
_MOST = click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)


@click.group(cls=LateGroup, late={"forget": "standards.holdings_forgetting"})
def holdings() -> None:
    """Data wells and others who are told what the library has ([holdings] of tiro.toml)."""


@holdings.command()
@as_json
@click.pass_obj
@asks("list_sinks")
def status(settings: Settings, as_json: bool) -> None:
    """Say how far each is told, and what keeps it; records, items and checksum are what it has."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_sinks"), as_json)


@holdings.command("send-all")
@_SINK
@as_json
@click.pass_obj
@asks("send_all")
def send_all(settings: Settings, sink: str, as_json: bool) -> None:
    """Have SINK told of everything again, beside what changes; it may be interrupted."""
    with asked(settings) as asker:
        print_answer(asker.ask("send_all", sink=sink), as_json)


@holdings.command()
@_SINK
@_MOST
@as_json
@click.pass_obj
@asks("list_refused")
def refused(settings: Settings, sink: str, most: int, as_json: bool) -> None:
    """List the records that SINK does not take, and why."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_refused", sink=sink, most=most), as_json)


@holdings.command()
@_SINK
@as_json
@click.pass_obj
@asks("retry_refused")
def retry(settings: Settings, sink: str, as_json: bool) -> None:
    """Try the records that SINK did not take at once."""
    with asked(settings) as asker:
        print_answer(asker.ask("retry_refused", sink=sink), as_json)
