"""`tiro patron find`: who is meant, by what somebody knows of them."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL


@click.command()
@click.argument("words", metavar="TEXT...", nargs=-1, required=True)
@click.option("--at", "branch", type=ISIL, help="Your branch: patrons of its agency go first.")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True)
@click.option("--cursor", metavar="WORD", help="The `next` of the page before.")
@as_json
@click.pass_obj
@asks("search_patrons")
def find(
    settings: Settings,
    words: tuple[str, ...],
    branch: str | None,
    limit: int,
    cursor: str | None,
    as_json: bool,
) -> None:
    """Find patrons by any of their names, their address, date of birth, telephone number, e-mail
    address or card, or by the beginning of it. Several words narrow. The log of look-ups notes how
    many were found."""
    wish = {"text": " ".join(words), "limit": limit, "cursor": cursor}
    with asked(settings, branch) as asker:
        found = asker.ask("search_patrons", **wish)
    print_answer(found, as_json)
    if not found["is_complete"]:
        click.echo("some patrons are not found by words yet: tiro jobs run patron-search", err=True)
