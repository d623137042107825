"""Money: Fee Paid (37), what a patron owes (BH, BV), and the lists of fees (AV, and FA to FG).

It deals with debts to the agency of the terminal's branch, and to those for which that agency
collects by agreement.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from circulation.fees.giving_up import GivingUp, give_up
from circulation.fees.paying import PaymentWish, account_currency, pay
from circulation.fees.rules import agency_fee_terms
from circulation.fees.terms import FeeTerms
from circulation.kernel.reasons import Reason
from circulation.kernel.results import CheckedOut, Patron, Refused, Renewed
from circulation.ledger.balances import balances_collected_at, debts_elsewhere
from circulation.ledger.charge_lists import ChargePage, charges_listed
from circulation.ledger.charge_words import own_words
from circulation.ledger.money import (
    Balance,
    ChargeKind,
    ChargeLine,
    PatronCharges,
    debts_text,
    decimal_text,
    exponent_of,
)
from circulation.patrons.facts import lock_patron, patron_alone
from circulation.patrons.identifiers import IDENTIFIERS
from protocols.hosting.answering import Context
from protocols.sip2.fields import Fields
from protocols.sip2.handling.facts import patron_shown
from protocols.sip2.handling.refusals import refusal_messages
from protocols.sip2.messages import FeePaid, FeePaidResponse
from protocols.sip2.terminals.places import Caller, Place
from protocols.sip2.terminals.templates import FEE_PLACES, template
from protocols.sip2.wire.dates import local_date
from protocols.sip2.wording import Text, say

#: Fee type (BT, FE) of each kind of charge.
FEE_TYPES: Final[dict[ChargeKind, str]] = {
    ChargeKind.LATE_FEE: "04",
    ChargeKind.COMPENSATION: "07",
    ChargeKind.DAMAGE: "03",
    ChargeKind.PROCESSING: "05",
    ChargeKind.LOAN_FEE: "06",
    ChargeKind.HOLD_FEE: "09",
    ChargeKind.ADMINISTRATIVE: "02",
    ChargeKind.SERVICE: "08",
    ChargeKind.OTHER: "01",
    ChargeKind.CREDIT: "01",
}
#: The name of each kind.
FEE_NAMES: Final[dict[ChargeKind, Text]] = {
    ChargeKind.LATE_FEE: Text.FEE_LATE,
    ChargeKind.COMPENSATION: Text.FEE_COMPENSATION,
    ChargeKind.DAMAGE: Text.FEE_DAMAGE,
    ChargeKind.PROCESSING: Text.FEE_PROCESSING,
    ChargeKind.LOAN_FEE: Text.FEE_LOAN,
    ChargeKind.HOLD_FEE: Text.FEE_HOLD,
    ChargeKind.ADMINISTRATIVE: Text.FEE_ADMINISTRATIVE,
    ChargeKind.SERVICE: Text.FEE_SERVICE,
    ChargeKind.OTHER: Text.FEE_OTHER,
    ChargeKind.CREDIT: Text.FEE_CREDIT,
}
#: Payment type (37), as the ledger is told of it.
METHODS: Final = {"00": "cash", "01": "VISA card", "02": "credit card"}
_AMOUNT: Final = re.compile(r"[0-9]{1,15}(\.[0-9]{0,3})?")
#: The most digits in the number of a charge.
_NUMBER_DIGITS: Final = 19


def minor_units_of(amount: str, currency: str) -> int | None:
    """What ``20.00``, ``20,00`` or ``20`` stands for; None if it is not an amount of this
    currency."""
    text = amount.strip().replace(",", ".")
    if not _AMOUNT.fullmatch(text):
        return None
    units = Decimal(text).scaleb(exponent_of(currency))
    return int(units) if units == units.to_integral_value() else None


def owed_of(context: Context, patron_id: int, place: Place) -> tuple[str, str] | None:
    """BH and BV: currency and amount; None if nothing is owed."""
    agency_id = place.branch.agency_id
    return largest(
        balances_collected_at(context.circulation, context.transaction, patron_id, agency_id)
    )


def largest(balances: Iterable[Balance]) -> tuple[str, str] | None:
    """The same of these: of several currencies the one with the largest amount, since a message has
    room for one."""
    totals: dict[str, int] = {}
    for each in balances:
        # A credit at one agency does not reduce a debt to another.
        totals[each.currency] = totals.get(each.currency, 0) + max(each.total, 0)
    if not any(totals.values()):
        return None
    currency = max(totals, key=lambda each: (totals[each], each))
    return currency, decimal_text(totals[currency], currency)


def nothing_owed(context: Context, category: str, place: Place) -> tuple[str, str]:
    """BH and BV where nothing is owed, in the currency of the agency's rules."""
    currency = _terms(context, category, place).currency
    return currency, decimal_text(0, currency)


def amount_owed(context: Context, patron_id: int, place: Place, language: str) -> tuple[str, ...]:
    """A screen message about what the patron owes, if anything."""
    owed = owed_of(context, patron_id, place)
    if owed is None:
        return ()
    return (say(Text.AMOUNT_OWED, language, amount=f"{owed[1]} {owed[0]}"),)


def owed_elsewhere(
    context: Context, patron_id: int, place: Place, language: str
) -> tuple[str, ...]:
    """Return a screen message that says where to pay, for a patron who owes nothing here."""
    agency_id = place.branch.agency_id
    debts = debts_elsewhere(context.circulation, context.transaction, patron_id, agency_id)
    return (say(Text.OWED_ELSEWHERE, language, debts=debts_text(debts)),) if debts else ()


def open_fees(
    context: Context, patron: Patron, place: Place, *, start: int, limit: int | None
) -> PatronCharges:
    """What the patron owes, and for what: from the `start`-th thing on, the oldest first."""
    page = ChargePage(only_owed=True, collected_at=place.branch.agency_id, start=start, limit=limit)
    set_up = context.circulation.set_up_at_hand(context.transaction)
    return charges_listed(context.transaction, set_up, patron, page)


def fee_limit_of(context: Context, category: str, place: Place) -> str | None:
    """CC: the debt at which a patron of the category is blocked; None for never."""
    terms = _terms(context, category, place)
    if terms.block_threshold is None:
        return None
    return decimal_text(terms.block_threshold, terms.currency)


def _terms(context: Context, category: str, place: Place) -> FeeTerms:
    set_up = context.circulation.current_set_up(context.transaction)
    today = context.now.astimezone(place.zone).date()
    return agency_fee_terms(set_up, place.branch.agency_id, category, today)


def fee_line(line: ChargeLine, language: str, place: Place, form: str | None = None) -> str:
    """A line of AV: ``20.00 DKK Late fee: Peters jul``, or as `form` has it."""
    charge = line.charge
    name = say(FEE_NAMES[charge.kind], language)
    title = _title(line)
    if form is not None:
        facts = {
            "amount": decimal_text(charge.balance, charge.currency),
            "charged": decimal_text(charge.amount, charge.currency),
            "paid": decimal_text(charge.paid, charge.currency),
            "currency": charge.currency,
            "type": name,
            "type_code": FEE_TYPES[charge.kind],
            "title": title,
            "barcode": next((loan.barcode for loan in line.loans if loan.barcode), ""),
            "date": charge.created.astimezone(place.zone).date(),
            "number": charge.id,
        }
        return template(form, FEE_PLACES)(facts)
    text = f"{decimal_text(charge.balance, charge.currency)} {charge.currency} {name}"
    return f"{text}: {title}" if title else text


def fee_fields(line: ChargeLine, place: Place, language: str) -> Fields:
    """A fee as fields of its own; Fee Paid names it by CG."""
    charge = line.charge
    barcodes = [loan.barcode for loan in line.loans if loan.barcode]
    created = charge.created.astimezone(place.zone)
    fields = [
        ("CG", str(charge.id)),
        ("FA", decimal_text(charge.balance, charge.currency)),
        ("FB", barcodes[0] if barcodes else ""),
        ("FC", f"{created:%d.%m.%Y}"),
        ("FD", _title(line)),
        ("FE", FEE_TYPES[charge.kind]),
        ("FF", say(FEE_NAMES[charge.kind], language)),
    ]
    if charge.paid > 0:
        fields.append(("FG", decimal_text(charge.paid, charge.currency)))
    return tuple(fields)


def _title(line: ChargeLine) -> str:
    titles = dict.fromkeys(loan.title for loan in line.loans if loan.title)
    return "; ".join(titles) or own_words(line.charge.reason)


def fee_paid(request: FeePaid, caller: Caller, context: Context) -> FeePaidResponse:
    """37 -> 38. The same transaction id (BK) of one account is paid once, whenever it comes again.
    The money goes to the fee named in CG, or else to all that is owed, the oldest first. Anybody
    may pay for anybody, so no PIN is needed and the answer does not say what is owed.
    """
    place = caller.place(context, request.institution_id)
    response = FeePaidResponse(
        payment_accepted=False,
        transaction_date=local_date(context.now, place.zone),
        institution_id=place.institution(request.institution_id),
        patron_identifier=patron_shown(request.patron_identifier, caller.patron, caller.account),
        transaction_id=request.transaction_id or None,
    )
    money = _money_of(request, place, context)
    account = caller.account
    if account is not None and request.payment_type in account.writeoff_payment_types:
        return _written_off(response, money, caller, place, context)
    outcome = pay(
        context.act(place.desk),
        PaymentWish(
            amount=money.amount,
            currency=money.currency,
            order_id=money.order_id,
            charge=money.charge,
            method=METHODS.get(request.payment_type, request.payment_type.strip()),
            refuse_overpayment=account is not None and account.refuse_overpayment,
        ),
        patron=money.patron,
    )
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        return response
    response.payment_accepted = True
    response.transaction_id = request.transaction_id or str(outcome.payment_id)
    paid = f"{decimal_text(outcome.amount, outcome.currency)} {outcome.currency}"
    response.screen_message = (say(Text.FEE_PAID, caller.words, amount=paid),)
    if account is not None and account.print_lines == "receipt":
        response.print_line = response.screen_message
    return response


def _written_off(
    response: FeePaidResponse, money: _Money, caller: Caller, place: Place, context: Context
) -> FeePaidResponse:
    """Nothing was paid: the account's terminals give up by such a payment what is owed."""
    outcome = give_up(
        context.act(place.desk),
        GivingUp(
            amount=money.amount,
            currency=money.currency,
            reason=f"{place.desk.actor} {money.order}".rstrip(),
            order_id=money.order_id,
            charge=money.charge,
        ),
        patron=money.patron,
    )
    if isinstance(outcome, Refused):
        response.screen_message = refusal_messages(outcome, caller, place.zone)
        return response
    response.payment_accepted = True
    gone = f"{decimal_text(outcome.amount, outcome.currency)} {outcome.currency}"
    response.screen_message = (say(Text.WRITTEN_OFF, caller.words, amount=gone),)
    return response


class _Money(NamedTuple):
    """What a terminal says of a payment; `amount` in minor units, -1 where it is none."""

    patron: str
    currency: str
    amount: int
    charge: int | None
    order: str
    order_id: str | None


def _money_of(request: FeePaid, place: Place, context: Context) -> _Money:
    patron = request.patron_identifier.strip()
    currency = request.currency_type.strip().upper() or _currency_owed(context, patron, place)
    amount = minor_units_of(request.fee_amount, currency)
    order = (request.transaction_id or "").strip()
    return _Money(
        patron,
        currency,
        -1 if amount is None else amount,
        _charge_number(request.fee_identifier),
        order,
        f"{place.desk.actor}:{order}" if order else None,
    )


def _currency_owed(context: Context, patron: str, place: Place) -> str:
    """The currency for terminals that name none: that of the patron's account, locked, as it is
    paid next; empty if there is no such patron."""
    identifier = IDENTIFIERS.of(context.circulation).stored(patron)
    lock_patron(context.transaction, identifier=identifier)
    facts = patron_alone(context.transaction, identifier=identifier, now=context.now)
    if facts is None:
        return ""
    return account_currency(context.act(place.desk), patron_id=facts.id, category=facts.category)


def _charge_number(text: str | None) -> int | None:
    """CG as a number; an impossible one becomes a number that no charge has."""
    digits = (text or "").strip()
    if not digits:
        return None
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= _NUMBER_DIGITS
    return min(int(digits), 2**63 - 1) if is_number else -1


def price_of(outcome: CheckedOut | Renewed | Refused) -> tuple[str, str, str] | None:
    """BT, BH and BV: what a loan has cost, or would cost if that were agreed to (BO)."""
    if isinstance(outcome, Refused):
        for each in outcome.refusals:
            if each.reason is Reason.FEE_NOT_ACKNOWLEDGED and each.amount and each.currency:
                price = decimal_text(each.amount, each.currency)
                return FEE_TYPES[ChargeKind.LOAN_FEE], each.currency, price
        return None
    if not outcome.charged:
        return None
    first = outcome.charged[0]
    total = sum(each.amount for each in outcome.charged if each.currency == first.currency)
    return FEE_TYPES[ChargeKind(first.kind)], first.currency, decimal_text(total, first.currency)
