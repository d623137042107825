"""`tiro charges`: what patrons owe and why, payments, and what staff take off or give back."""

from __future__ import annotations

from datetime import date
from typing import Any

import click

from circulation.ledger.money import ChargeKind
from protocols.commands.asking.answers import print_answer
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.settings import Settings
from protocols.commands.shared.values import AMOUNT, DAY, ISIL, units_of

_at = click.option(
    "--at",
    "branch",
    type=ISIL,
    help="The branch where it is done.  [default: that of the charge, or the patron's]",
)
_PATRON = click.argument("patron", metavar="PATRON")
_CHARGE = click.argument("charge", metavar="CHARGE", type=int)
_AMOUNT = click.option(
    "--amount", type=AMOUNT, help="Such as 50 or 50.25, of its currency.  [default: all of it]"
)
_REASON = click.option("--reason", required=True, help="Why; kept with the posting.")
_ORDER = click.option("--order", help="A number of your own: done once, however often repeated.")
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
@paged
@as_json
@click.pass_context
@asks("list_charges")
def charges(
    context: click.Context, /, patron: str | None, only_open: bool, as_json: bool, **page: Any
) -> None:
    """List what a patron is charged, the oldest first.

    Amounts are given as decimals, such as 50 or 50.25 (or 50,25); --json prints them in minor units
    of their currency, as the HTTP API does. The log of look-ups notes that you looked.
    """
    if context.invoked_subcommand is not None:
        return
    if patron is None:
        raise click.UsageError("name a patron with --patron, or a command")
    with asked(context.obj) as asker:
        found = asker.ask("list_charges", patron=asker.patron(patron), open=only_open, **page)
        print_page(asker, found, as_json)


@charges.command()
@_PATRON
@as_json
@click.pass_obj
@asks("list_expected")
def expected(settings: Settings, patron: str, as_json: bool) -> None:
    """Show what PATRON would be charged if everything came back now."""
    with asked(settings) as asker:
        print_answer(asker.ask("list_expected", patron=asker.patron(patron)), as_json)


@charges.command()
@_CHARGE
@as_json
@click.pass_obj
@asks("explain_charge_of")
def explain(settings: Settings, charge: int, as_json: bool) -> None:
    """Show why CHARGE is what it is: loans, rules, dates, and all that happened to it."""
    with asked(settings) as asker:
        print_answer(asker.ask("explain_charge_of", charge=charge), as_json)


@charges.command()
@click.option("--from", "first", type=DAY, required=True, help="The first day.")
@click.option("--until", "last", type=DAY, help="The last day.  [default: today]")
@as_json
@click.pass_obj
@asks("show_collected")
def collected(settings: Settings, first: date, last: date | None, as_json: bool) -> None:
    """What agencies have taken for each other by agreement, for them to settle.

    Less what was taken back. Days are those of the first branch by ISIL.
    """
    with asked(settings) as asker:
        print_answer(asker.ask("show_collected", first=first, last=last), as_json)


def _currency(asker: Asker, patron: str, charge: int | None = None) -> str:
    """That of the account, for amounts that are said without one."""
    if charge is not None:
        return _currency_of(asker, charge)
    found = asker.ask("list_charges", patron=patron, open=True, limit=1)
    return str(found["currency"])


def _currency_of(asker: Asker, charge: int) -> str:
    return str(asker.ask("explain_charge_of", charge=charge)["charge"]["currency"])


@charges.command()
@_PATRON
@click.argument("amount", type=AMOUNT)
@_CURRENCY
@_ORDER
@click.option("--charge", "charges", type=int, multiple=True, help="Only this; may be repeated.")
@click.option("--method", help="How it was paid.")
@_at
@as_json
@click.pass_obj
@asks("take_payment", "list_charges", "explain_charge_of")
def pay(
    settings: Settings,
    /,
    patron: str,
    amount: str,
    currency: str | None,
    charges: tuple[int, ...],
    branch: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    """Take a payment of AMOUNT, such as 50 or 50.25, of PATRON, for the oldest charges first."""
    with asked(settings, branch) as asker:
        shown = asker.patron(patron)
        currency = currency or _currency(asker, shown, *charges[:1])
        answer = asker.ask(
            "take_payment",
            patron=shown,
            amount=units_of(amount, currency),
            currency=currency,
            charges=tuple(map(str, charges)) or None,
            **more,
        )
    print_answer(answer, as_json)


@charges.command()
@_PATRON
@click.argument("kind", type=click.Choice(_BY_HAND))
@click.argument("amount", type=AMOUNT)
@_CURRENCY
@_REASON
@_ORDER
@_at
@as_json
@click.pass_obj
@asks("charge_by_hand", "list_charges")
def add(
    settings: Settings,
    /,
    patron: str,
    amount: str,
    currency: str | None,
    branch: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    """Charge PATRON by hand AMOUNT, such as 50 or 50.25: for a new card, for damage."""
    with asked(settings, branch) as asker:
        shown = asker.patron(patron)
        currency = currency or _currency(asker, shown)
        units = units_of(amount, currency)
        answer = asker.ask("charge_by_hand", patron=shown, amount=units, currency=currency, **more)
    print_answer(answer, as_json)


def _changing(name: str, operation: str, about: str) -> None:
    @charges.command(name, help=about)
    @_CHARGE
    @_AMOUNT
    @_REASON
    @_ORDER
    @_at
    @as_json
    @click.pass_obj
    @asks(operation, "explain_charge_of")
    def command(
        settings: Settings,
        charge: int,
        amount: str | None,
        reason: str,
        order: str | None,
        branch: str | None,
        as_json: bool,
    ) -> None:
        with asked(settings, branch) as asker:
            units = None
            if amount is not None:
                units = units_of(amount, _currency_of(asker, charge))
            answer = asker.ask(operation, charge=charge, amount=units, why=reason, order=order)
        print_answer(answer, as_json)


_changing(
    "waive",
    "waive",
    "Take what is owed of CHARGE off, or a part of it: it should not have been charged.",
)
_changing("write-off", "write_off", "Give up what is owed of CHARGE; the charge itself stands.")
_changing("restore", "restore", "Take back a write-off of CHARGE: it is owed again.")
_changing("refund", "refund", "Give back what was paid too much of CHARGE.")


@charges.command()
@click.argument("payment", metavar="PAYMENT", type=int)
@_REASON
@_at
@as_json
@click.pass_obj
@asks("reverse")
def reverse(
    settings: Settings, payment: int, reason: str, branch: str | None, as_json: bool
) -> None:
    """Undo PAYMENT, which failed: what it paid is owed again."""
    with asked(settings, branch) as asker:
        print_answer(asker.ask("reverse", payment=payment, why=reason), as_json)
