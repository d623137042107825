"""`tiro oai`: catalogues whose records are harvested, and what has become of them."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.late import LateGroup
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings

_LATE = "standards.oai_harvesting"


@click.group(cls=LateGroup, late=dict.fromkeys(("forget", "harvest", "withdraw"), _LATE))
def oai() -> None:
    """Catalogues whose records are harvested ([oai.sources] of tiro.toml)."""


@oai.command()
@as_json
@click.pass_obj
@asks("list_harvests")
def status(settings: Settings, as_json: bool) -> None:
    """Say how far each source is harvested, what has become of its records, and what keeps it."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_harvests"), as_json)


@oai.command()
@click.argument("source")
@click.option("--from-the-beginning", is_flag=True, help="All of it, as at the first time.")
@as_json
@click.pass_obj
@asks("harvest_now")
def now(settings: Settings, source: str, from_the_beginning: bool, as_json: bool) -> None:
    """Have the server harvest SOURCE as soon as it looks, and not at its hour."""
    with asked(settings) as asker:
        answer = asker.ask("harvest_now", source=source, from_the_beginning=from_the_beginning)
    print_answer(answer, as_json)


@oai.command()
@click.argument("source")
@click.option("--most", type=click.IntRange(1, 10_000), default=100, show_default=True)
@as_json
@click.pass_obj
@asks("list_harvest_problems")
def problems(settings: Settings, source: str, most: int, as_json: bool) -> None:
    """List what people have to look at: records of SOURCE that are refused, or could be several,
    or are withdrawn there and needed here."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_harvest_problems", source=source, most=most), as_json)
