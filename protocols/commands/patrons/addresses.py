"""`tiro patron address`: where a patron lives."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.asked import asks
from protocols.commands.patrons.changes import PATRON, of_patron
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


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
@asks("give_address")
def new_address(
    settings: Settings,
    /,
    identifier: str,
    temporary: bool,
    without_messages: bool,
    as_json: bool,
    **parts: Any,
) -> None:
    """Add an address. Remove the one that it takes the place of."""
    parts |= {"kind": "temporary" if temporary else "home", "notices": not without_messages}
    of_patron(settings, identifier, "give_address", as_json, **parts)


@address.command("remove")
@PATRON
@click.argument("number", type=int)
@as_json
@click.pass_obj
@asks("drop_address")
def drop_address(settings: Settings, identifier: str, number: int, as_json: bool) -> None:
    """Forget the address with that number: `tiro patron contact list` has it."""
    of_patron(settings, identifier, "drop_address", as_json, address=number)
