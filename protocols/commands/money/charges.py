"""`tiro charges`: what patrons owe and why, payments, and what staff take off or give back."""

from __future__ import annotations

from typing import Any

import click

from circulation.ledger.money import ChargeKind
from protocols.commands.asking.asked import asked, asks
from protocols.commands.asking.asker import Asker
from protocols.commands.asking.described import Noun
from protocols.commands.asking.pages import paged, print_page
from protocols.commands.shared.saying import as_json
from protocols.commands.shared.values import AMOUNT, DAY, ISIL, PATRON, units_of

_AT = click.option(
    "--at",
    "branch",
    type=ISIL,
    help="The branch where it is done.  [default: that of the charge, or the patron's]",
)
_CHARGE = click.argument("charge", metavar="CHARGE", type=int)
_AMOUNT = click.option(
    "--amount", type=AMOUNT, help="Such as 50 or 50.25, of its currency.  [default: all of it]"
)
_WHY = "Why; kept with the posting."
_REASON = click.option("--reason", "why", required=True, help=_WHY)
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


@click.group(cls=Noun, invoke_without_command=True)
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


charges.ask(
    "expected",
    "list_expected",
    "Show what PATRON would be charged if everything came back now.",
    PATRON,
)
charges.ask(
    "explain",
    "explain_charge_of",
    "Show why CHARGE is what it is: loans, rules, dates, and all that happened to it.",
    _CHARGE,
)
charges.ask(
    "collected",
    "show_collected",
    """What agencies have taken for each other by agreement, for them to settle.

    Less what was taken back. Days are those of the first branch by ISIL.
    """,
    click.option("--from", "first", type=DAY, required=True, help="The first day."),
    click.option("--until", "last", type=DAY, help="The last day.  [default: today]"),
)


def _currency_of(asker: Asker, charge: int) -> str:
    return str(asker.ask("explain_charge_of", charge=charge)["charge"]["currency"])


def _in_units(
    asker: Asker, patron: str, amount: str, currency: str | None, charge: int | None = None
) -> dict[str, Any]:
    """Return the amount as operations take it, by default in the currency of the account."""
    if not currency and charge is not None:
        currency = _currency_of(asker, charge)
    elif not currency:
        found = asker.ask("list_charges", patron=patron, open=True, limit=1)
        currency = str(found["currency"])
    return {"amount": units_of(amount, currency), "currency": currency}


@charges.doing(
    "pay",
    "take_payment list_charges explain_charge_of",
    PATRON,
    click.argument("amount", type=AMOUNT),
    _CURRENCY,
    _ORDER,
    click.option(
        "--charge", "charges", type=int, multiple=True, help="Only this; may be repeated."
    ),
    click.option("--method", help="How it was paid."),
    _AT,
)
def _pay(
    asker: Asker,
    patron: str,
    amount: str,
    currency: str | None,
    charges: tuple[int, ...],
    **more: Any,
) -> Any:
    """Take a payment of AMOUNT, such as 50 or 50.25, of PATRON, for the oldest charges first."""
    paid = _in_units(asker, patron, amount, currency, *charges[:1])
    only = tuple(map(str, charges)) or None
    return asker.ask("take_payment", patron=patron, charges=only, **paid, **more)


@charges.doing(
    "add",
    "charge_by_hand list_charges",
    PATRON,
    click.argument("kind", type=click.Choice(_BY_HAND)),
    click.argument("amount", type=AMOUNT),
    _CURRENCY,
    click.option("--reason", required=True, help=_WHY),
    _ORDER,
    _AT,
)
def _add(asker: Asker, patron: str, amount: str, currency: str | None, **more: Any) -> Any:
    """Charge PATRON by hand AMOUNT, such as 50 or 50.25: for a new card, for damage."""
    owed = _in_units(asker, patron, amount, currency)
    return asker.ask("charge_by_hand", patron=patron, **owed, **more)


def _changing(name: str, operation: str, about: str) -> None:
    def change(asker: Asker, charge: int, amount: str | None, **wish: Any) -> Any:
        units = None if amount is None else units_of(amount, _currency_of(asker, charge))
        return asker.ask(operation, charge=charge, amount=units, **wish)

    operations = f"{operation} explain_charge_of"
    charges.ask(name, operations, about, _CHARGE, _AMOUNT, _REASON, _ORDER, _AT, work=change)


_changing(
    "waive",
    "waive",
    "Take what is owed of CHARGE off, or a part of it: it should not have been charged.",
)
_changing("write-off", "write_off", "Give up what is owed of CHARGE; the charge itself stands.")
_changing("restore", "restore", "Take back a write-off of CHARGE: it is owed again.")
_changing("refund", "refund", "Give back what was paid too much of CHARGE.")
charges.ask(
    "reverse",
    "reverse",
    "Undo PAYMENT, which failed: what it paid is owed again.",
    click.argument("payment", metavar="PAYMENT", type=int),
    _REASON,
    _AT,
)
