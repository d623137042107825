"""`tiro sorter`: what a sorting machine does, and why."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import ISIL


@click.group()
def sorter() -> None:
    """Sorting machines: which bin an item goes to."""


@sorter.command()
@click.argument("barcode")
@click.option("--terminal", required=True, metavar="LOGIN", help="The account of the machine.")
@click.option("--at", "branch", type=ISIL, help="Its branch.  [default: the account's]")
@as_json
@click.pass_obj
@asks("explain_sorting_of")
def explain(
    settings: Settings, barcode: str, terminal: str, branch: str | None, as_json: bool
) -> None:
    """Say into which bin the machine would drop the item BARCODE now, and by which rule.

    The item is handed in and that is taken back at once: nothing is changed.
    """
    wish = {"item": barcode, "terminal": terminal, "at": branch}
    with asked(settings) as asker:
        answer = asker.ask("explain_sorting_of", **wish)
    print_answer(answer, as_json)
    if answer["reasons"]:
        raise click.exceptions.Exit(1)
