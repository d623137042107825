"""`tiro loan receipt` and `bill`: for who has returned what, and for who has not."""

from __future__ import annotations

from typing import Any

import click

from circulation.fees.compensation import bill_loan
from circulation.fees.receipts import return_receipt
from circulation.kernel.results import Refused
from protocols.commands.loans.answers import say_one
from protocols.commands.shared.library import as_json, opened
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import at_branch
from protocols.commands.shared.wording import Money


@click.command()
@click.argument("patron")
@at_branch
@as_json
@click.pass_obj
def receipt(settings: Settings, patron: str, branch: str, as_json: bool) -> None:
    """Give PATRON a receipt for what they handed in here today, and keep that it was offered.

    Danish law asks for it before compensation can be collected.
    """
    with opened(settings) as library:
        answer = library.perform(branch, return_receipt, patron=patron)
    facts: dict[str, Any] = {"patron": patron}
    if not isinstance(answer, Refused):
        facts = {
            "patron": answer.patron.identifier,
            "branch": answer.branch.name,
            "receipt": answer.number,
            "returned": [
                {"item": each.barcode, "title": each.title, "at": each.at} for each in answer.items
            ],
        }
    say_one(facts, answer, as_json)


@click.command()
@click.argument("barcode")
@at_branch
@as_json
@click.pass_obj
def bill(settings: Settings, barcode: str, branch: str, as_json: bool) -> None:
    """Charge the borrower of an item, overdue or lost, for not returning it, by the rules."""
    with opened(settings) as library:
        answer = library.perform(branch, bill_loan, item=barcode)
        facts: dict[str, Any] = {"item": barcode}
        if not isinstance(answer, Refused):
            charged = [
                {
                    "charge": each.charge_id,
                    "type": each.kind,
                    "amount": Money(each.amount, each.currency),
                    "currency": each.currency,
                }
                for each in answer.charged
            ]
            facts |= {"title": answer.item.title, "charged": charged}
    say_one(facts, answer, as_json)


#: For `tiro loan`.
COMMANDS: tuple[click.Command, ...] = (receipt, bill)
