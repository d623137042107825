"""`tiro slip`: receipts, pickup notes, transit slips and pick lists, to be printed on the spot."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL, at_branch


@click.group()
def slip() -> None:
    """Print slips: plain text for any printer."""


def _print(answer: Any, as_json: bool) -> None:
    if as_json:
        print_answer(answer, as_json)
    else:
        click.echo("\n".join([answer["heading"], "", *answer["lines"]]))


def _print_of_patron(
    settings: Settings,
    kind: str,
    patron: str,
    as_json: bool,
    *,
    branch: str | None = None,
    minutes: int = 60,
) -> None:
    with asked(settings, branch) as asker:
        wish = {"kind": kind, "patron": asker.patron(patron), "minutes": minutes}
        _print(asker.ask("make_slip", **wish), as_json)


def _print_of_item(settings: Settings, kind: str, item: str, as_json: bool) -> None:
    with asked(settings) as asker:
        _print(asker.ask("make_slip", kind=kind, item=item), as_json)


def _print_of_branch(
    settings: Settings, kind: str, branch: str, as_json: bool, **named: str
) -> None:
    with asked(settings, branch) as asker:
        _print(asker.ask("make_slip", kind=kind, **named), as_json)


_PATRON = click.argument("patron", metavar="PATRON")
_ITEM = click.argument("item", metavar="ITEM")
_minutes = click.option(
    "--minutes",
    type=click.IntRange(0, 24 * 60),
    default=60,
    show_default=True,
    help="How long ago just now is.",
)


@slip.command("receipt")
@_PATRON
@_minutes
@as_json
@click.pass_obj
@asks("make_slip")
def receipt_(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has on loan, and what has just come back."""
    _print_of_patron(settings, "receipt", patron, as_json, minutes=minutes)


@slip.command()
@_PATRON
@_minutes
@as_json
@click.pass_obj
@asks("make_slip")
def loans(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has just borrowed."""
    _print_of_patron(settings, "loans", patron, as_json, minutes=minutes)


@slip.command()
@_PATRON
@at_branch
@as_json
@click.pass_obj
@asks("make_slip")
def returns(settings: Settings, patron: str, branch: str, as_json: bool) -> None:
    """What PATRON has handed in at a branch today; that it was offered is kept as evidence."""
    _print_of_patron(settings, "returns", patron, as_json, branch=branch)


@slip.command()
@_PATRON
@_minutes
@as_json
@click.pass_obj
@asks("make_slip")
def payment(settings: Settings, patron: str, minutes: int, as_json: bool) -> None:
    """What PATRON has just paid, what for, and what is still owed."""
    _print_of_patron(settings, "payment", patron, as_json, minutes=minutes)


@slip.command()
@_PATRON
@as_json
@click.pass_obj
@asks("make_slip")
def status(settings: Settings, patron: str, as_json: bool) -> None:
    """How PATRON stands: loans, holds, what is owed, blocks."""
    _print_of_patron(settings, "status", patron, as_json)


@slip.command()
@click.argument("group", type=click.IntRange(1))
@at_branch
@as_json
@click.pass_obj
@asks("make_slip")
def group(settings: Settings, group: int, branch: str, as_json: bool) -> None:
    """What each member of GROUP has on loan: a class list for its teacher."""
    _print_of_branch(settings, "group", branch, as_json, group=str(group))


@slip.command()
@_ITEM
@as_json
@click.pass_obj
@asks("make_slip")
def pickup(settings: Settings, item: str, as_json: bool) -> None:
    """The note in ITEM on the hold shelf: its number, never a name."""
    _print_of_item(settings, "pickup", item, as_json)


@slip.command()
@_ITEM
@as_json
@click.pass_obj
@asks("make_slip")
def transit(settings: Settings, item: str, as_json: bool) -> None:
    """Where ITEM is to go."""
    _print_of_item(settings, "transit", item, as_json)


@slip.command()
@_ITEM
@as_json
@click.pass_obj
@asks("make_slip")
def label(settings: Settings, item: str, as_json: bool) -> None:
    """The label of ITEM, with call number and barcode."""
    _print_of_item(settings, "label", item, as_json)


@slip.command("pick-list")
@click.argument("branch", type=ISIL)
@as_json
@click.pass_obj
@asks("make_slip")
def pick_list_(settings: Settings, branch: str, as_json: bool) -> None:
    """What is to be fetched from the shelves of a branch."""
    _print_of_branch(settings, "pick_list", branch, as_json)


@slip.command()
@click.argument("branch", type=ISIL)
@as_json
@click.pass_obj
@asks("make_slip")
def emergency(settings: Settings, branch: str, as_json: bool) -> None:
    """A form for loans while nothing works: print some ahead, and keep them at the desk."""
    _print_of_branch(settings, "emergency", branch, as_json)
