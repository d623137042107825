"""How a command changes a patron, and what it says of them afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.patrons.contacts import contacts_of
from circulation.patrons.identifiers import identifiers_of
from protocols.commands.shared.library import opened, say
from protocols.commands.shared.settings import Settings

PATRON = click.argument("identifier", metavar="PATRON")


def identifier_facts(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    """The patron's identifiers, national numbers masked."""
    return [
        {
            "identifier": each.shown,
            "kind": each.kind,
            "blocked": each.blocked,
            "expires": each.expires,
        }
        for each in identifiers_of(transaction, patron_id=patron_id)
    ]


def contact_facts(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    """The ways to the patron."""
    return [
        {"kind": each.kind.value, "value": each.value, "verified": each.verified}
        for each in contacts_of(transaction, patron_id=patron_id)
    ]


class Change(NamedTuple):
    """What a change needs: the act, whom it is of, and the date at the desk."""

    act: Act
    patron_id: int
    today: date


def done(
    settings: Settings,
    identifier: str,
    json_wanted: bool,
    work: Callable[[Change], object],
    facts: Callable[[Transaction, int], Any],
) -> None:
    """Does it, and says what is known of the patron in that respect afterwards."""
    with opened(settings) as library:
        patron_id = library.patron(identifier)
        desk = library.desk_for(patron_id)
        today = library.today(desk)

        def both(transaction: Transaction) -> Any:
            work(Change(library.act(transaction, desk), patron_id, today))
            return facts(transaction, patron_id)

        try:
            found = library.write(both)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        say(found, json_wanted)
