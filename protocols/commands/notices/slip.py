"""`tiro slip`: receipts, notes, lists and forms, to be printed on the spot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from catalogue.database import Transaction
from circulation.kernel.act import Act
from circulation.kernel.results import Desk
from circulation.notices.patron_slips import (
    group_slip,
    loan_slip,
    payment_slip,
    receipt,
    return_slip,
    status_slip,
)
from circulation.notices.rendering import BadTemplate, Templates
from circulation.notices.slips import (
    NothingToPrint,
    Slip,
    emergency_form,
    pick_list_slip,
    pickup_note,
    transit_slip,
)
from circulation.patrons.groups import members_of
from circulation.staff.lookups import Seen
from protocols.commands.notices.posting import post
from protocols.commands.shared.library import DEVICE, Library, as_json, opened, tell
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.unknown import branch_named
from protocols.commands.shared.values import ISIL, at_branch


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


_PATRON = click.argument("patron", metavar="PATRON")
_minutes = click.option(
    "--minutes",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="How long ago just now is.",
)


def _print_of_patron(
    settings: Settings, patron: str, seen: Seen, make: Callable[..., Slip], as_json: bool, **at: Any
) -> None:
    """A slip of a patron; `at`: the branch where, or how many minutes it looks back."""

    def work(library: Library, transaction: Transaction, templates: Templates) -> Slip:
        patron_id = library.seen(transaction, patron, seen)
        act = library.act(transaction)
        if "branch" in at:
            here = branch_named(transaction, at["branch"])
            act = act._replace(desk=Desk(library.actor, DEVICE, here.agency_id, here.id))
        if "minutes" in at:
            since = library.now - timedelta(minutes=at["minutes"])
            return make(act, templates, patron_id, since=since)
        return make(act, templates, patron_id)

    _print(settings, work, as_json)


@slip.command("receipt")
@_PATRON
@_minutes
@as_json
@click.pass_obj
def receipt_(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has on loan, and what has just come back."""
    _print_of_patron(settings, patron, Seen.LOANS, receipt, as_json, minutes=minutes)


@slip.command()
@_PATRON
@_minutes
@as_json
@click.pass_obj
def loans(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has just borrowed."""
    _print_of_patron(settings, patron, Seen.LOANS, loan_slip, as_json, minutes=minutes)


@slip.command()
@_PATRON
@at_branch
@as_json
@click.pass_obj
def returns(settings: Settings, patron: str, branch: str, as_json: bool) -> None:
    """What PATRON has handed in at a branch today; that it was offered is kept as evidence."""
    _print_of_patron(settings, patron, Seen.LOANS, return_slip, as_json, branch=branch)


@slip.command()
@_PATRON
@_minutes
@as_json
@click.pass_obj
def payment(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has just paid, what for, and what is still owed."""
    _print_of_patron(settings, patron, Seen.CHARGES, payment_slip, as_json, minutes=minutes)


@slip.command()
@_PATRON
@as_json
@click.pass_obj
def status(settings: Settings, patron: str, as_json: bool) -> None:
    """How PATRON stands: loans, holds, what is owed, blocks."""
    _print_of_patron(settings, patron, Seen.OPENED, status_slip, as_json)


@slip.command()
@click.argument("group", type=click.IntRange(1))
@at_branch
@as_json
@click.pass_obj
def group(settings: Settings, group: int, branch: str, as_json: bool) -> None:
    """What each member of GROUP has on loan: a class list for its teacher."""

    def make(library: Library, transaction: Transaction, templates: Templates) -> Slip:
        for each in members_of(transaction, group_id=group):
            library.looked_at(transaction, Seen.LOANS, patron_id=each)
        branch_id = branch_named(transaction, branch).id
        return group_slip(library.act(transaction), templates, group, branch_id)

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


def _print_of_branch(
    settings: Settings, branch: str, make: Callable[[Act, Templates, int], Slip], as_json: bool
) -> None:
    def work(library: Library, transaction: Transaction, templates: Templates) -> Slip:
        branch_id = branch_named(transaction, branch).id
        return make(library.act(transaction), templates, branch_id)

    _print(settings, work, as_json)


@slip.command("pick-list")
@click.argument("branch", type=ISIL)
@as_json
@click.pass_obj
def pick_list_(settings: Settings, branch: str, as_json: bool) -> None:
    """What is to be fetched from the shelves of a branch."""
    _print_of_branch(settings, branch, pick_list_slip, as_json)


@slip.command()
@click.argument("branch", type=ISIL)
@as_json
@click.pass_obj
def emergency(settings: Settings, branch: str, as_json: bool) -> None:
    """A form for loans while nothing works: print some ahead, and keep them at the desk."""
    _print_of_branch(settings, branch, emergency_form, as_json)
