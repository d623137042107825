"""`tiro patron card`: further cards, lost ones, new ones for old."""

from __future__ import annotations

from datetime import date

import click

from circulation.kernel.reasons import IdentifierBlock
from circulation.patrons.identifiers import (
    IdentifierKind,
    add_identifier,
    block_identifier,
    set_identifier_expiry,
)
from protocols.commands.patrons.changes import PATRON, Change, done, identifier_facts
from protocols.commands.shared.library import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import DAY


@click.group()
def card() -> None:
    """A patron's cards and other identifiers: further ones, lost ones, new ones for old."""


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
def add_card(
    settings: Settings, identifier: str, new: str, kind: str, expires: date | None, as_json: bool
) -> None:
    """Give a patron a further card, or another identifier."""

    def work(at: Change) -> None:
        _add(at, new, kind, expires)

    done(settings, identifier, as_json, work, identifier_facts)


def _add(at: Change, new: str, kind: str = "card", expires: date | None = None) -> None:
    add_identifier(at.act, at.patron_id, new, kind, expires=expires)


def _block(at: Change, identifier: str, reason: IdentifierBlock | None) -> None:
    block_identifier(at.act, identifier, reason)


@card.command("block")
@click.argument("identifier", metavar="CARD")
@click.option(
    "--reason",
    type=click.Choice([reason.value for reason in IdentifierBlock]),
    default=IdentifierBlock.LOST.value,
    show_default=True,
)
@as_json
@click.pass_obj
def block_card(settings: Settings, identifier: str, reason: str, as_json: bool) -> None:
    """Stop a card from being used. The patron's others go on."""
    _set_block(settings, identifier, IdentifierBlock(reason), as_json)


@card.command("unblock")
@click.argument("identifier", metavar="CARD")
@as_json
@click.pass_obj
def unblock_card(settings: Settings, identifier: str, as_json: bool) -> None:
    """Let a card be used again: it was found."""
    _set_block(settings, identifier, None, as_json)


def _set_block(
    settings: Settings, identifier: str, reason: IdentifierBlock | None, json_wanted: bool
) -> None:
    def work(at: Change) -> None:
        _block(at, identifier, reason)

    done(settings, identifier, json_wanted, work, identifier_facts)


@card.command("replace")
@click.argument("identifier", metavar="CARD")
@click.argument("new", metavar="NEW")
@_EXPIRES
@as_json
@click.pass_obj
def replace_card(
    settings: Settings, identifier: str, new: str, expires: date | None, as_json: bool
) -> None:
    """Give the patron a new card for this one, which is not to be used any more."""

    def work(at: Change) -> None:
        _add(at, new, expires=expires)
        _block(at, identifier, IdentifierBlock.REPLACED)

    done(settings, identifier, as_json, work, identifier_facts)


@card.command("expires")
@click.argument("identifier", metavar="CARD")
@click.argument("last", metavar="DAY", type=DAY, required=False)
@as_json
@click.pass_obj
def card_expires(settings: Settings, identifier: str, last: date | None, as_json: bool) -> None:
    """Set the last day on which a card may be used; without a day, for ever."""

    def work(at: Change) -> None:
        set_identifier_expiry(at.act, identifier, last)

    done(settings, identifier, as_json, work, identifier_facts)
