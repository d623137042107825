"""`tiro slip`: receipts, pickup notes, transit slips and pick lists, to be printed on the spot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import click

from catalogue.database import Transaction
from circulation.kernel.organisation import find_branch
from circulation.notices.rendering import BadTemplate, Templates
from circulation.notices.slips import (
    NothingToPrint,
    Slip,
    pick_list_slip,
    pickup_note,
    receipt,
    transit_slip,
)
from circulation.staff.lookups import Seen
from protocols.commands.notices.posting import post
from protocols.commands.shared.library import Library, as_json, opened, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import no_branch
from protocols.commands.shared.values import ISIL


@click.group()
def slip() -> None:
    """Print slips: plain text for any printer."""


def _print(
    settings: Settings,
    make: Callable[[Library, Transaction, Templates], Slip],
    json_wanted: bool,
) -> None:
    with opened(settings) as library:
        templates = post(settings).templates
        try:
            made = library.write(lambda transaction: make(library, transaction, templates))
        except (NothingToPrint, BadTemplate) as error:
            raise click.ClickException(str(error)) from error
    facts = {"heading": made.heading, "text": made.text}
    tell(f"{made.heading}\n\n{made.text}", facts, json_wanted)


@slip.command("receipt")
@click.argument("patron", metavar="PATRON")
@click.option(
    "--minutes",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="With what came back so long ago at most.",
)
@as_json
@click.pass_obj
def receipt_(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has on loan, and what has just come back."""

    def make(library: Library, transaction: Transaction, templates: Templates) -> Slip:
        patron_id = library.seen(transaction, patron, Seen.LOANS)
        return receipt(
            library.act(transaction),
            templates,
            patron_id,
            since=library.now - timedelta(minutes=minutes),
        )

    _print(settings, make, as_json)


@slip.command()
@click.argument("item", metavar="ITEM")
@as_json
@click.pass_obj
def pickup(settings: Settings, item: str, as_json: bool) -> None:
    """The note in ITEM on the hold shelf: its number, never a name."""
    _print(
        settings,
        lambda library, transaction, templates: pickup_note(
            library.act(transaction), templates, item
        ),
        as_json,
    )


@slip.command()
@click.argument("item", metavar="ITEM")
@as_json
@click.pass_obj
def transit(settings: Settings, item: str, as_json: bool) -> None:
    """Where ITEM is to go."""
    _print(
        settings,
        lambda library, transaction, templates: transit_slip(
            library.act(transaction), templates, item
        ),
        as_json,
    )


@slip.command("pick-list")
@click.argument("branch", type=ISIL)
@as_json
@click.pass_obj
def pick_list_(settings: Settings, branch: str, as_json: bool) -> None:
    """What is to be fetched from the shelves of a branch."""

    def make(library: Library, transaction: Transaction, templates: Templates) -> Slip:
        found = find_branch(transaction, isil=branch)
        if found is None:
            raise NothingToPrint(no_branch(transaction, branch))
        return pick_list_slip(library.act(transaction), templates, found.id)

    _print(settings, make, as_json)
