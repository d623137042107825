"""`tiro patron card`: further cards, lost ones, new ones for old."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.kernel.reasons import IdentifierBlock
from circulation.patrons.kinds import IdentifierKind
from protocols.commands.asking.asked import asks
from protocols.commands.asking.asker import NULL
from protocols.commands.patrons.changes import PATRON, of_patron
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


@click.group()
def card() -> None:
    """A patron's cards and other identifiers: further ones, lost ones, new ones for old."""


_CARD = click.argument("identifier", metavar="CARD")
_EXPIRES = click.option("--expires", type=DAY, help="The last day on which it may be used.")


@card.command("add")
@PATRON
@click.argument("new", metavar="CARD")
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in IdentifierKind]),
    default=IdentifierKind.CARD.value,
    show_default=True,
)
@_EXPIRES
@as_json
@click.pass_obj
@asks("add_card")
def add_card(
    settings: Settings, identifier: str, new: str, kind: str, expires: date | None, as_json: bool
) -> None:
    """Give a patron a further card, or another identifier."""
    wish: dict[str, Any] = {"identifier": new, "kind": kind, "expires": expires}
    of_patron(settings, identifier, "add_card", as_json, **wish)


@card.command("block")
@_CARD
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in IdentifierBlock]),
    default=IdentifierBlock.LOST.value,
    show_default=True,
)
@as_json
@click.pass_obj
@asks("change_card")
def block_card(settings: Settings, identifier: str, reason: str, as_json: bool) -> None:
    """Stop a card from being used. The patron's others go on."""
    wish: dict[str, Any] = {"identifier": identifier, "blocked": reason}
    of_patron(settings, identifier, "change_card", as_json, **wish)


@card.command("unblock")
@_CARD
@as_json
@click.pass_obj
@asks("change_card")
def unblock_card(settings: Settings, identifier: str, as_json: bool) -> None:
    """Let a card be used again: it was found."""
    wish: dict[str, Any] = {"identifier": identifier, "blocked": NULL}
    of_patron(settings, identifier, "change_card", as_json, **wish)


@card.command("replace")
@_CARD
@click.argument("new", metavar="NEW")
@_EXPIRES
@as_json
@click.pass_obj
@asks("add_card")
def replace_card(
    settings: Settings, identifier: str, new: str, expires: date | None, as_json: bool
) -> None:
    """Give the patron a new card for this one, which is not to be used any more."""
    wish: dict[str, Any] = {"identifier": new, "expires": expires, "replaces": identifier}
    of_patron(settings, identifier, "add_card", as_json, **wish)


@card.command("expires")
@_CARD
@click.argument("last", metavar="DAY", type=DAY, required=False)
@as_json
@click.pass_obj
@asks("change_card")
def card_expires(settings: Settings, identifier: str, last: date | None, as_json: bool) -> None:
    """Set the last day on which a card may be used; without a day, for ever."""
    wish: dict[str, Any] = {"identifier": identifier, "expires": NULL if last is None else last}
    of_patron(settings, identifier, "change_card", as_json, **wish)
