"""`tiro oai`: catalogues whose records are harvested, and what has become of them."""

from __future__ import annotations

import click

from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import flag

oai = Noun(
    "oai",
    help="Catalogues whose records are harvested ([oai.sources] of tiro.toml).",
    late=dict.fromkeys(("forget", "harvest", "withdraw"), "standards.oai_harvesting"),
)
_SOURCE = click.argument("source")

oai.ask(
    "status",
    "list_harvests",
    "Say how far each source is harvested, what has become of its records, and what keeps it.",
)
oai.ask(
    "now",
    "harvest_now",
    "Have the server harvest SOURCE as soon as it looks, and not at its hour.",
    _SOURCE,
    flag("--from-the-beginning", about="All of it, as at the first time."),
)
oai.ask(
    "problems",
    "list_harvest_problems",
    """List what people have to look at: records of SOURCE that are refused, or could be several,
    or are withdrawn there and needed here.""",
    _SOURCE,
    click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True),
)
