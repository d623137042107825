"""`tiro patron find`: who is meant, by what somebody knows of them."""

from __future__ import annotations

from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.paging import MOST
from circulation.kernel.rights import Principal
from circulation.patrons.identifiers import national_digits
from circulation.patrons.searching import PAGE, find_patrons
from circulation.staff.lookups import Seen
from protocols.commands.shared.library import Library, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL


@click.command()
@click.argument("words", metavar="TEXT...", nargs=-1, required=True)
@click.option("--at", "branch", type=ISIL, help="Your branch: patrons of its agency go first.")
@click.option("--limit", type=click.IntRange(1, MOST), default=PAGE, show_default=True)
@as_json
@click.pass_obj
def find(
    settings: Settings, words: tuple[str, ...], branch: str | None, limit: int, as_json: bool
) -> None:
    """Find patrons by any of their names, their address, date of birth, telephone number, e-mail
    address or card, or by the beginning of it. Several words narrow. The log of look-ups notes how
    many were found."""
    with opened(settings) as library:
        principal = library.principal
        if branch is not None:
            principal = library.principal_at(library.desk(branch))
        found = library.write(
            lambda transaction: _found(library, transaction, principal, " ".join(words), limit)
        )
        say(found, as_json)


def _found(
    library: Library, transaction: Transaction, principal: Principal, text: str, limit: int
) -> list[dict[str, Any]]:
    found = find_patrons(transaction, library.circulation, principal, text, limit=limit)
    hits = found.lines
    if not found.is_complete:
        click.echo("some patrons are not found by words yet: tiro jobs run patron-search", err=True)
    searched = "words" if national_digits(text) is None else "national number"
    library.looked_at(transaction, Seen.SEARCH, hits=len(hits), searched=searched)
    branches = library.circulation.current_set_up(transaction).branches
    return [
        {
            "patron": hit.card,
            "name": hit.name,
            "born": hit.birth_date,
            "address": hit.address,
            "phone": hit.phone,
            "email": hit.email,
            "home": branches[hit.home_branch_id].isil,
            "category": hit.category,
            "protected": hit.is_protected,
            "deceased": hit.is_deceased,
        }
        for hit in hits
    ]
