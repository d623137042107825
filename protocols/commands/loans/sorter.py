"""`tiro sorter`: what a sorting machine does, and why."""

from __future__ import annotations

from typing import Any

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.described import Noun
from protocols.commands.shared.values import ISIL, ITEM

sorter = Noun("sorter", help="Sorting machines: which bin an item goes to.")


def _print(answer: Any, as_json: bool) -> None:
    print_answer(answer, as_json)
    if answer["reasons"]:
        raise click.exceptions.Exit(1)


sorter.ask(
    "explain",
    "explain_sorting_of",
    """Say into which bin the machine would drop the item BARCODE now, and by which rule.

    The item is handed in and that is taken back at once: nothing is changed.
    """,
    ITEM,
    click.option("--terminal", required=True, metavar="LOGIN", help="The account of the machine."),
    click.option("--at", type=ISIL, help="Its branch.  [default: the account's]"),
    printer=_print,
)
