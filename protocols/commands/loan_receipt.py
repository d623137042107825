"""`tiro loan receipt`: what a patron has handed in here today, kept as evidence."""

from __future__ import annotations

import click

from circulation.fees.receipts import return_receipt
from circulation.results import Refused
from protocols.command_line import Settings
from protocols.commands.library import as_json, opened, refusal_of, say
from protocols.commands.loan_answers import AT


@click.command("receipt")
@click.argument("patron")
@AT
@as_json
@click.pass_obj
def receipt_for_returns(settings: Settings, patron: str, branch: str, as_json: bool) -> None:
    """Give PATRON a receipt for what they handed in here today, and keep that it was offered.

    Danish law asks for it before compensation can be collected.
    """
    with opened(settings) as library:
        desk = library.desk(branch)
        answer = library.write(
            lambda transaction: return_receipt(
                library.circulation, transaction, desk=desk, patron=patron, now=library.now
            )
        )
    if isinstance(answer, Refused):
        say({"patron": patron} | refusal_of(answer), as_json)
        raise click.exceptions.Exit(1)
    say(
        {
            "patron": answer.patron.identifier,
            "branch": answer.branch.name,
            "receipt": answer.number,
            "returned": [
                {"item": each.barcode, "title": each.title, "at": each.at} for each in answer.items
            ],
        },
        as_json,
    )
