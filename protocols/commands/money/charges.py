"""`tiro charges`: what patrons owe and why, payments, and what staff take off or give back."""

from __future__ import annotations

import click

from catalogue.database import Transaction
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.kernel.results import UNATTENDED, Desk, Refused
from circulation.ledger.changes import Changed, change_charge, charge_patron
from circulation.ledger.charge_lists import ChargePage, patron_charges
from circulation.ledger.charges import NewCharge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.orders import MoneyAct
from circulation.ledger.postings import find_charge
from circulation.ledger.reversals import reverse_payment
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.staff.lookups import Seen
from protocols.commands.money.collected import collected
from protocols.commands.money.facts import charge_facts, line_facts
from protocols.commands.money.reports import expected, explain
from protocols.commands.shared.library import DEVICE, Library, accepted, as_json, opened, say
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import AMOUNT, ISIL, units_of
from protocols.commands.shared.wording import Money

_at = click.option(
    "--at",
    "branch",
    type=ISIL,
    help="The branch where it is done.  [default: that of the charge, or the patron's]",
)
_CHARGE = click.argument("charge_id", metavar="CHARGE", type=int)
_AMOUNT = click.option(
    "--amount", type=AMOUNT, help="Such as 50 or 50.25, of its currency.  [default: all of it]"
)
_REASON = click.option("--reason", required=True, help="Why; kept with the posting.")
_ORDER = click.option(
    "--order", "order_id", help="A number of your own: done once, however often it is repeated."
)
_CURRENCY = click.option(
    "--currency", metavar="CODE", help="Such as DKK.  [default: that of the account]"
)
#: Kinds that people may charge by hand: not those that only a rule or a payment makes.
_BY_HAND = [
    kind.value
    for kind in ChargeKind
    if kind not in (ChargeKind.LATE_FEE, ChargeKind.COMPENSATION, ChargeKind.CREDIT)
]


@click.group(invoke_without_command=True)
@click.option("--patron", metavar="PATRON", help="Whose charges are listed.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not settled.")
@click.option("--start", type=click.IntRange(min=1), default=1, help="The first of the list.")
@click.option("--limit", type=click.IntRange(min=1), help="How many.")
@as_json
@click.pass_context
def charges(
    context: click.Context,
    patron: str | None,
    only_open: bool,
    start: int,
    limit: int | None,
    as_json: bool,
) -> None:
    """List what a patron is charged, the oldest first.

    Amounts are decimals, such as 50 or 50.25 (or 50,25); --json prints each as a text like "50.25",
    with its currency beside it. The log of look-ups notes that you looked.
    """
    if context.invoked_subcommand is not None:
        return
    if patron is None:
        raise click.UsageError("name a patron with --patron, or a command")
    with opened(context.obj) as library:
        library.patron(patron, Seen.CHARGES)
        found = library.read(
            lambda transaction: patron_charges(
                library.circulation,
                transaction,
                patron=patron,
                now=library.now,
                page=ChargePage(only_open=only_open, start=start, limit=limit),
            )
        )
    assert not isinstance(found, Refused)
    lines = [line_facts(each, found.creditors[each.charge.agency_id]) for each in found.charges]
    say(lines, as_json)


for _command in (collected, expected, explain):
    charges.add_command(_command)


def _desk(library: Library, branch: str | None, patron: str) -> Desk:
    """In that branch, or in the patron's own."""
    if branch is not None:
        return library.desk(branch)
    return library.desk_for(library.patron(patron))


def _currency(library: Library, desk: Desk, patron: str, charges: tuple[int, ...] = ()) -> str:
    """That of the account, for amounts that are said without one."""
    stored = IDENTIFIERS.of(library.circulation).stored(patron)

    def look(transaction: Transaction) -> str:
        facts = patron_facts(transaction, identifier=stored, now=library.now, material_group="")
        assert facts is not None
        return account_currency(
            library.act(transaction, desk),
            patron_id=facts.id,
            category=facts.category,
            charge=charges[0] if charges else None,
        )

    return library.read(look)


@charges.command("pay")
@click.argument("patron", metavar="PATRON")
@click.argument("amount", type=AMOUNT)
@_CURRENCY
@_ORDER
@click.option("--charge", "charge_ids", type=int, multiple=True, help="Only this; may be repeated.")
@click.option("--method", default="", help="How it was paid.")
@_at
@as_json
@click.pass_obj
def pay_(
    settings: Settings,
    /,
    patron: str,
    amount: str,
    currency: str | None,
    order_id: str | None,
    charge_ids: tuple[int, ...],
    method: str,
    branch: str | None,
    as_json: bool,
) -> None:
    """Take a payment of AMOUNT, such as 50 or 50.25, of PATRON, for the oldest charges first."""
    with opened(settings) as library:
        desk = _desk(library, branch, patron)
        currency = currency or _currency(library, desk, patron, charge_ids[:1])
        units = units_of(amount, currency)
        answer = library.perform(
            desk,
            pay,
            PaymentWish(
                amount=units,
                currency=currency,
                order_id=order_id,
                charge=charge_ids or None,
                method=method,
            ),
            patron=patron,
        )
    answer = accepted(answer, as_json)
    say(
        {
            "payment": answer.payment_id,
            "order": answer.order_id,
            "amount": Money(answer.amount, currency),
            "currency": answer.currency,
            "charges": [
                {"charge": each.charge_id, "amount": Money(each.amount, currency)}
                for each in answer.allocations
            ],
            "credit": Money(answer.credit, currency),
            "owed": Money(
                sum(
                    each.total
                    for each in answer.balances
                    if each.currency == currency and each.agency_id in answer.collected
                ),
                currency,
            ),
            "repeated": answer.was_repeated,
            "block_lifted": answer.lifted_block,
        },
        as_json,
    )


@charges.command()
@click.argument("patron", metavar="PATRON")
@click.argument("kind", type=click.Choice(_BY_HAND))
@click.argument("amount", type=AMOUNT)
@_CURRENCY
@_REASON
@_ORDER
@_at
@as_json
@click.pass_obj
def add(
    settings: Settings,
    patron: str,
    kind: str,
    amount: str,
    currency: str | None,
    reason: str,
    order_id: str | None,
    branch: str | None,
    as_json: bool,
) -> None:
    """Charge PATRON by hand AMOUNT, such as 50 or 50.25: for a new card, for damage."""
    with opened(settings) as library:
        patron_id, desk = library.patron(patron), _desk(library, branch, patron)
        currency = currency or _currency(library, desk, patron)
        units = units_of(amount, currency)
        charged = library.perform(
            desk,
            charge_patron,
            patron_id,
            NewCharge(ChargeKind(kind), units, currency, desk.branch_id, reason),
            order_id=order_id,
        )
        _say_changed(library, charged, as_json)


def _charge(library: Library, charge_id: int) -> Charge:
    charge = library.read(lambda transaction: find_charge(transaction, charge_id=charge_id))
    if charge is None:
        raise click.ClickException(f"there is no charge {charge_id} that can be changed")
    return charge


def _where(library: Library, branch: str | None, charge: Charge) -> Desk:
    """In that branch, or where the charge was made."""
    if branch is not None:
        return library.desk(branch)
    return Desk(library.actor, DEVICE, charge.agency_id, charge.branch_id)


def _changing(name: str, act: MoneyAct, about: str) -> None:
    @charges.command(name, help=about)
    @_CHARGE
    @_AMOUNT
    @_REASON
    @_ORDER
    @_at
    @as_json
    @click.pass_obj
    def command(
        settings: Settings,
        charge_id: int,
        amount: str | None,
        reason: str,
        order_id: str | None,
        branch: str | None,
        as_json: bool,
    ) -> None:
        with opened(settings) as library:
            charge = _charge(library, charge_id)
            desk = _where(library, branch, charge)
            units = None if amount is None else units_of(amount, charge.currency)
            try:
                changed = library.perform(
                    desk,
                    change_charge,
                    change=act,
                    charge_id=charge_id,
                    reason=reason,
                    amount=units,
                    order_id=order_id,
                )
            except ValueError as error:
                raise click.ClickException(str(error)) from error
            _say_changed(library, changed, as_json)


def _say_changed(library: Library, changed: Changed | Refused, as_json: bool) -> None:
    changed = accepted(changed, as_json)
    set_up = library.read(library.circulation.current_set_up)
    creditor = set_up.agency_isil(changed.charge.agency_id)
    say(charge_facts(changed.charge, creditor) | {"repeated": changed.was_repeated}, as_json)


_changing(
    "waive",
    MoneyAct.REDUCTION,
    "Take CHARGE off, or a part of it: it should not have been charged.",
)
_changing(
    "write-off", MoneyAct.WRITE_OFF, "Give up what is owed of CHARGE; the charge itself stands."
)
_changing(
    "restore", MoneyAct.WRITE_OFF_REDUCTION, "Take back a write-off of CHARGE: it is owed again."
)
_changing("refund", MoneyAct.REIMBURSEMENT, "Give back what was paid too much of CHARGE.")


@charges.command()
@click.argument("payment_id", metavar="PAYMENT", type=int)
@_REASON
@_at
@as_json
@click.pass_obj
def reverse(
    settings: Settings, payment_id: int, reason: str, branch: str | None, as_json: bool
) -> None:
    """Undo PAYMENT, which failed: what it paid is owed again."""
    with opened(settings) as library:
        desk = UNATTENDED if branch is None else library.desk(branch)
        try:
            was_paid = library.perform(desk, reverse_payment, payment_id=payment_id, reason=reason)
        except ValueError as error:
            raise click.ClickException(str(error)) from error
    say({"payment": payment_id, "reversed": was_paid}, as_json)
