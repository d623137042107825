"""`tiro patron address`: where a patron lives."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from catalogue.database import Transaction
from circulation.patrons.addresses import (
    Dwelling,
    NewAddress,
    add_address,
    addresses_of,
    remove_address,
)
from protocols.commands.patrons.changes import PATRON, Change, done
from protocols.commands.shared.library import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


def address_facts(transaction: Transaction, patron_id: int) -> list[dict[str, Any]]:
    """The patron's addresses, whether they are protected or not."""
    return [
        each._asdict() | {"kind": each.kind.value, "address": each.line}
        for each in addresses_of(transaction, patron_id)
    ]


@click.group()
def address() -> None:
    """Where a patron lives, and where for some time only. Letters go there."""


@address.command("add")
@PATRON
@click.option("--lines", default="", help="What comes first: c/o Ida Holm; or all of it.")
@click.option("--street", default="")
@click.option("--house-number", default="", help="With floor and door: 7, 2. tv.")
@click.option("--postal-code", default="")
@click.option("--city", default="")
@click.option("--country", default="", help="ISO 3166-1, such as SE; without it, the library's.")
@click.option("--temporary", is_flag=True, help="It goes before the home as long as it holds.")
@click.option("--from", "valid_from", type=DAY, help="The first day.")
@click.option("--until", "valid_until", type=DAY, help="The last day.")
@click.option("--without-messages", is_flag=True, help="No letter is to go there.")
@as_json
@click.pass_obj
def new_address(
    settings: Settings,
    /,
    identifier: str,
    temporary: bool,
    valid_from: date | None,
    valid_until: date | None,
    without_messages: bool,
    as_json: bool,
    **parts: str,
) -> None:
    """Add an address. Remove the one that it takes the place of."""
    kind = Dwelling.TEMPORARY if temporary else Dwelling.HOME
    new = NewAddress(kind, **parts, valid_from=valid_from, valid_until=valid_until)

    def work(at: Change) -> None:
        add_address(at.act, at.patron_id, new, notices=not without_messages)

    done(settings, identifier, as_json, work, address_facts)


@address.command("remove")
@PATRON
@click.argument("number", type=int)
@as_json
@click.pass_obj
def drop_address(settings: Settings, identifier: str, number: int, as_json: bool) -> None:
    """Forget the address with that number: `tiro patron show` has it."""

    def work(at: Change) -> None:
        if not remove_address(at.act, at.patron_id, number):
            raise ValueError("the patron has no such address: `tiro patron show` has them all")

    done(settings, identifier, as_json, work, address_facts)
