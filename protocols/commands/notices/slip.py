"""`tiro slip`: receipts, pickup notes, transit slips and pick lists, to be printed on the spot."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.described import Noun, Parameter
from protocols.commands.shared.values import ISIL, PATRON, at_branch

slip = Noun("slip", help="Print slips: plain text for any printer.")


def _print(answer: Any, as_json: bool) -> None:
    if as_json:
        print_answer(answer, as_json)
    else:
        click.echo("\n".join([answer["heading"], "", *answer["lines"]]))


def _slip(name: str, about: str, *parameters: Parameter, **fixed: Any) -> None:
    """Add a command for the kind of slips that is called so."""
    kind = name.replace("-", "_")
    slip.ask(name, "make_slip", about, *parameters, printer=_print, kind=kind, **fixed)


_ITEM = click.argument("item", metavar="ITEM")
_BRANCH = click.argument("branch", type=ISIL)
_MINUTES = click.option(
    "--minutes",
    type=click.IntRange(0, 24 * 60),
    default=60,
    show_default=True,
    help="How long ago just now is.",
)

_slip("receipt", "What PATRON has on loan, and what has just come back.", PATRON, _MINUTES)
_slip("loans", "What PATRON has just borrowed.", PATRON, _MINUTES)
_slip(
    "returns",
    "What PATRON has handed in at a branch today; that it was offered is kept as evidence.",
    PATRON,
    at_branch,
    minutes=60,
)
_slip("payment", "What PATRON has just paid, what for, and what is still owed.", PATRON, _MINUTES)
_slip("status", "How PATRON stands: loans, holds, what is owed, blocks.", PATRON, minutes=60)
_slip(
    "group",
    "What each member of GROUP has on loan: a class list for its teacher.",
    click.argument("group", type=click.IntRange(1)),
    at_branch,
    wish=lambda group, **wish: wish | {"group": str(group)},
)
_slip("pickup", "The note in ITEM on the hold shelf: its number, never a name.", _ITEM)
_slip("transit", "Where ITEM is to go.", _ITEM)
_slip("label", "The label of ITEM, with call number and barcode.", _ITEM)
_slip("pick-list", "What is to be fetched from the shelves of a branch.", _BRANCH)
_slip(
    "emergency",
    "A form for loans while nothing works: print some ahead, and keep them at the desk.",
    _BRANCH,
)
