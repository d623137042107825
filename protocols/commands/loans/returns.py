"""`tiro loan receipt` and `bill`: for who has returned what, and for who has not."""

from __future__ import annotations

import click

from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch


@click.command()
@click.argument("patron")
@at_branch
@as_json
@click.pass_obj
@asks("give_receipt")
def receipt(settings: Settings, patron: str, branch: str, as_json: bool) -> None:
    """Give PATRON a receipt for what they handed in here today, and keep that it was offered.

    Danish law asks for it before compensation can be collected.
    """
    with asked(settings, branch) as asker:
        print_answer(asker.ask("give_receipt", card=patron), as_json)


@click.command()
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
@asks("bill")
def bill(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """Charge the borrower of an item, overdue or lost, for not returning it, by the rules."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("bill", item=barcode), as_json)


#: For `tiro loan`.
COMMANDS: tuple[click.Command, ...] = (receipt, bill)
