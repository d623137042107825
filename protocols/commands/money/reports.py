"""`tiro charges expected` and `explain`: what would be charged now, and why something was."""

from __future__ import annotations

import click

from circulation.explaining.charges import explain_charge
from circulation.fees.expected import expected_fees
from circulation.kernel.results import Refused
from circulation.staff.lookups import Seen
from protocols.commands.money.facts import explained_facts, loan_facts, taken_for
from protocols.commands.shared.library import as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.wording import Money, for_people


@click.command()
@click.argument("patron", metavar="PATRON")
@as_json
@click.pass_obj
def expected(settings: Settings, patron: str, as_json: bool) -> None:
    """Show what PATRON would be charged if everything came back now."""
    with opened(settings) as library:
        library.patron(patron, Seen.CHARGES)
        found = library.read(
            lambda transaction: expected_fees(
                library.circulation, transaction, patron=patron, now=library.now
            )
        )
    assert not isinstance(found, Refused)
    say(
        [
            {
                "amount": Money(fee.amount, fee.currency),
                "currency": fee.currency,
                "items": [
                    {
                        "item": each.item.barcode,
                        "title": each.item.title,
                        "due": each.loan.due,
                        "days_late": each.days,
                        "amount": Money(each.amount, fee.currency),
                    }
                    for each in fee.loans
                ],
            }
            for fee in found.fees
        ],
        as_json,
    )


@click.command()
@click.argument("charge_id", metavar="CHARGE", type=int)
@as_json
@click.pass_obj
def explain(settings: Settings, charge_id: int, as_json: bool) -> None:
    """Show why CHARGE is what it is: loans, rules, dates, and all that happened to it."""
    with opened(settings) as library:
        found = library.read(
            lambda transaction: explain_charge(library.circulation, transaction, charge_id)
        )
    if found is None:
        raise click.ClickException(f"there is no charge {charge_id}")
    facts = explained_facts(found)
    if as_json:
        say(facts, True)
        return
    say(
        {
            name: facts[name]
            for name in ("charge", "creditor", "type", "reason", "branch", "created")
        },
        False,
    )
    currency = found.charge.currency
    for posting in found.postings:
        said = "; ".join(filter(None, (posting.reason, taken_for(found, posting))))
        told = f" ({said})" if said else ""
        click.echo(
            f"{for_people(posting.at):17} {posting.kind.value:20}"
            f" {for_people(Money(posting.amount, currency)):>16}{told}"
        )
    click.echo(f"{'owed':38} {for_people(Money(found.charge.balance, currency)):>16}")
    for loan in found.loans:
        click.echo()
        say(loan_facts(loan, currency), False)
    for step in facts["steps"]:
        click.echo()
        say(step, False)
