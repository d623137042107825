"""`tiro holdings`: data wells and others who are told what the library has."""

from __future__ import annotations

import click

from protocols.commands.asking.described import Noun

holdings = Noun(
    "holdings",
    help="Data wells and others who are told what the library has ([holdings] of tiro.toml).",
    late={"forget": "standards.holdings_forgetting"},
)
_SINK = click.argument("sink")

holdings.ask(
    "status",
    "list_sinks",
    "Say how far each is told, and what keeps it; records, items and checksum are what it has.",
)
holdings.ask(
    "send-all",
    "send_all",
    "Have SINK told of everything again, beside what changes; it may be interrupted.",
    _SINK,
)
holdings.ask(
    "refused",
    "list_refused",
    "List the records that SINK does not take, and why.",
    _SINK,
    click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True),
)
holdings.ask("retry", "retry_refused", "Try the records that SINK did not take at once.", _SINK)
