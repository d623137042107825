"""Taking a payment, once for each order id.

A payment is put to what is owed to the agency of the desk, and to those for which it collects by
agreement (`circulation.kernel.agreements`): from the oldest charge on, or to those it names. The
payment says who took it, the charges that it paid say for whom. The order id makes it safe to
repeat: whoever lost the answer asks again and gets the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import insert

from catalogue.database import Statement, Transaction, send_many
from circulation.calendars.due_dates import local_date
from circulation.fees.rules import agency_fee_terms
from circulation.fees.terms import FeeTerms
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import DebtElsewhere, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import balances_of, debt_blocks_of
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, begin_charge
from circulation.ledger.money import (
    Allocation,
    Charge,
    ChargeKind,
    Paid,
    PaymentResult,
    PostingKind,
)
from circulation.ledger.orders import Asked, Done, MoneyAct, kept_order_id, limit_refusals, once
from circulation.ledger.payments import (
    PaymentRow,
    charges_named,
    find_payment,
    oldest_owed,
    owed_for,
)
from circulation.ledger.postings import (
    Account,
    Origin,
    find_charge,
    first_posting_of,
    post,
    postings_of_payment,
)
from circulation.ledger.schema import payments
from circulation.patrons.facts import PatronFacts, lock_patron, patron_alone
from circulation.patrons.identifiers import IDENTIFIERS


@send_many
def _insert_payments(payment: PaymentRow) -> Statement:
    return insert(payments).values(payment._asdict())


def account_currency(act: Act, *, patron_id: int, category: str, charge: int | None = None) -> str:
    """The currency of an amount that was said without one.

    That of the `charge`, else of the oldest that can be paid at the desk, else the one in which
    its agency charges.
    """
    transaction, circulation, desk, now = act
    set_up = circulation.current_set_up(transaction)
    collected = set_up.agreements.collected_at(desk.agency_id)
    if charge is not None:
        for each in charges_named(transaction, patron_id, collected, [charge]):
            return each.currency
    if owed := oldest_owed(transaction, patron_id, collected):
        return owed.currency
    day = set_up.day(now, desk.branch_id)
    return agency_fee_terms(set_up, desk.agency_id, category, day).currency


class PaymentWish(NamedTuple):
    """A payment of `amount` minor units as somebody wishes to make it.

    It is put to `charge` (an id, or several, all or nothing), to charges of one `kind`, or to all
    that can be paid at the desk, the oldest first. `method` says how it was paid.
    `refuse_overpayment` takes no more than is owed even where the rules would keep it.
    """

    amount: int
    currency: str
    order_id: str | None = None
    charge: int | Sequence[int] | None = None
    kind: ChargeKind | None = None
    method: str = ""
    refuse_overpayment: bool = False

    @property
    def charges(self) -> tuple[int, ...] | None:
        """The ids that it names; None where it names none."""
        if self.charge is None:
            return None
        return (self.charge,) if isinstance(self.charge, int) else tuple(self.charge)


def pay(act: Act, wish: PaymentWish, *, patron: str) -> PaymentResult:
    """Takes a payment for the patron with identifier `patron`, of what is owed to the desk's agency
    and to those it collects for. Asks for no PIN: anyone may pay for anyone.

    The same order id once more, with the same patron, amount, currency and charges, gives the
    same answer (`Paid.was_repeated`) and does nothing; with another it is refused with
    ORDER_ID_TAKEN. An order id counts within the agency, for whatever moves money
    (`circulation.ledger.orders`): machines that only number their own payments put their name
    before it. Without one every call pays.

    Refused besides with PATRON_UNKNOWN; AMOUNT_WRONG (not positive);
    AMOUNT_ABOVE_LIMIT, whose `amount` is the limit; CHARGE_UNKNOWN (not the
    patron's); OWED_ELSEWHERE (to agencies that the desk's does not collect for, in `debts`);
    CHARGE_SETTLED (a named one owes nothing any more: it was paid by another order, or
    cancelled); NOTHING_OWED; CURRENCY_NOT_OWED; and, as the rules have it, PAYMENT_TOO_LARGE and
    PARTIAL_PAYMENT, whose `amount` says what would be taken.
    """
    transaction, circulation, desk, now = act
    patron = IDENTIFIERS.of(circulation).stored(patron)
    lock_patron(transaction, identifier=patron)
    facts = patron_alone(transaction, identifier=patron, now=now)
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=facts.patron())
    if refusals := limit_refusals(wish.amount, wish.currency):
        return Refused(refusals, patron=facts.patron())
    return _pay(act, set_up, facts, wish)


def _pay(act: Act, set_up: SetUp, facts: PatronFacts, wish: PaymentWish) -> PaymentResult:
    transaction, _, desk, now = act
    account = Account(act, set_up, facts.id)
    collected = set_up.agreements.collected_at(desk.agency_id)
    day = local_date(now, set_up.branches[desk.branch_id].timezone)
    terms = agency_fee_terms(set_up, desk.agency_id, facts.category, day)
    if wish.refuse_overpayment:
        terms = replace(terms, overpayment="refuse")
    payment = _row(account, wish)

    def take() -> Done | Refusal:
        owed = payable(transaction, facts.id, collected, wish)
        shares = shares_of(owed, wish, terms)
        return shares if isinstance(shares, Refusal) else _take(account, payment, shares)

    blocks = debt_blocks_of(transaction, facts.id)
    asked = Asked(MoneyAct.PAYMENT, wish.amount, wish.currency, wish.charges or ())
    done = once(account, desk.agency_id, payment.order_id, asked, take)
    if isinstance(done, Refusal):
        refusals = _with_debts_elsewhere(account, collected, wish, done)
        return Refused(refusals, patron=facts.patron())
    assert done.payment_id is not None
    shares = _put_to(transaction, done.payment_id) if done.was_repeated else done.shares
    return Paid(
        done.payment_id,
        payment.order_id,
        facts.patron(),
        wish.amount,
        wish.currency,
        shares,
        wish.amount - sum(each.amount for each in shares),
        balances_of(transaction, facts.id),
        collected,
        done.was_repeated,
        lifted_block=bool(blocks - debt_blocks_of(transaction, facts.id)),
    )


#: Reasons that do not hold where the same is owed to an agency that is paid elsewhere.
_NOT_OWED_HERE = (Reason.NOTHING_OWED, Reason.CURRENCY_NOT_OWED, Reason.CHARGE_UNKNOWN)


def _with_debts_elsewhere(
    account: Account, collected: Collection[int], wish: PaymentWish, refusal: Refusal
) -> tuple[Refusal, ...]:
    """Return the refusal, and OWED_ELSEWHERE where the desk collects for too few agencies."""
    if refusal.reason not in (*_NOT_OWED_HERE, Reason.PAYMENT_TOO_LARGE):
        return (refusal,)
    has_currency = refusal.reason in (Reason.CURRENCY_NOT_OWED, Reason.PAYMENT_TOO_LARGE)
    currencies = {wish.currency} if has_currency else None
    debts = _debts_elsewhere(account, collected, wish, currencies)
    if not debts:
        return (refusal,)
    elsewhere = Refusal(Reason.OWED_ELSEWHERE, debts=debts)
    return (elsewhere,) if refusal.reason in _NOT_OWED_HERE else (refusal, elsewhere)


def _debts_elsewhere(
    account: Account,
    collected: Collection[int],
    wish: PaymentWish,
    currencies: Collection[str] | None,
) -> tuple[DebtElsewhere, ...]:
    """Return what the wish could pay elsewhere in these currencies (None: in any)."""
    transaction, set_up = account.act.transaction, account.set_up
    others = {each.agency_id for each in set_up.branches.values()}.difference(collected)
    if not others:
        return ()
    if wish.charges is not None:
        found = charges_named(transaction, account.patron_id, others, wish.charges)
    else:
        # As no charge is meant, all that is owed to them is read.
        found = owed_for(transaction, account.patron_id, others, 1, lambda _: False)
    totals: dict[tuple[int, str], int] = {}
    for each in found:
        is_in = currencies is None or each.currency in currencies
        if each.balance > 0 and is_in and wish.kind in (None, each.kind):
            key = each.agency_id, each.currency
            totals[key] = totals.get(key, 0) + each.balance
    return tuple(
        DebtElsewhere(
            set_up.agency_isil(agency_id), set_up.agency_name(agency_id), amount, currency
        )
        for (agency_id, currency), amount in sorted(totals.items())
    )


def _row(account: Account, wish: PaymentWish) -> PaymentRow:
    """A payment that nobody named has its own number for an order id."""
    _, circulation, desk, now = account.act
    payment_id = circulation.ids.next(now)
    return PaymentRow(
        payment_id,
        account.patron_id,
        desk.agency_id,
        kept_order_id(wish.order_id or str(payment_id)),
        wish.amount,
        wish.currency,
        wish.method,
        desk.actor,
        desk.device,
        desk.branch_id,
        now,
        None,
    )


def _take(account: Account, payment: PaymentRow, shares: Sequence[tuple[Charge, int]]) -> Done:
    transaction = account.act.transaction
    _insert_payments(transaction, [payment])
    for owing, share in shares:
        parent = first_posting_of(transaction, charge_id=owing.id)
        post(
            account, owing, PostingKind.PAYMENT, share, Origin(parent=parent, payment_id=payment.id)
        )
    credit = payment.amount - sum(share for _, share in shares)
    if credit:
        _keep_credit(account, credit, payment.currency, payment.id)
    others = _creditors(shares, payment.agency_id)
    allocations = tuple(Allocation(owing.id, share) for owing, share in shares)
    append_event(
        account.act,
        NewEvent(
            EventKind.PAYMENT_TAKEN,
            patron_id=account.patron_id,
            after={
                "payment": payment.id,
                "order": payment.order_id,
                "amount": payment.amount,
                "currency": payment.currency,
                "method": payment.method,
                "charges": {str(each.charge_id): each.amount for each in allocations},
                "credit": credit,
            }
            | ({"collected_for": others} if others else {}),
        ),
        account.set_up,
    )
    return Done(allocations, payment.id)


def _creditors(shares: Sequence[tuple[Charge, int]], taker_id: int) -> dict[str, int]:
    """How much of a payment that an agency took was for which other, by its id."""
    found: dict[str, int] = {}
    for owing, share in shares:
        if owing.agency_id != taker_id:
            key = str(owing.agency_id)
            found[key] = found.get(key, 0) + share
    return found


def _put_to(transaction: Transaction, payment_id: int) -> tuple[Allocation, ...]:
    """Which charges a payment was put to when it was taken; what was kept as credit is none."""
    payment = find_payment(transaction, payment_id=payment_id)
    assert payment is not None
    return tuple(
        Allocation(posting.charge_id, -posting.amount)
        for posting in postings_of_payment(transaction, payment_id=payment_id)
        if posting.kind is PostingKind.PAYMENT and posting.at == payment.at
        if (found := find_charge(transaction, charge_id=posting.charge_id))
        and found.kind is not ChargeKind.CREDIT
    )


def payable(
    transaction: Transaction, patron_id: int, agencies: Collection[int], wish: PaymentWish
) -> list[Charge]:
    """The charges that decide what the wish comes to, the oldest first: those that it names, or as
    many that are owed to these agencies as the amount pays."""

    def is_meant(charge: Charge) -> bool:
        return charge.currency == wish.currency and wish.kind in (None, charge.kind)

    if wish.charges is not None:
        return charges_named(transaction, patron_id, agencies, wish.charges)
    return owed_for(transaction, patron_id, agencies, wish.amount, is_meant)


def shares_of(
    owed: Sequence[Charge], wish: PaymentWish, terms: FeeTerms
) -> list[tuple[Charge, int]] | Refusal:
    """Which of the `payable` charges the amount pays, and how much of each; or why it is not
    taken."""
    wanted, amount, currency = wish.charges, wish.amount, wish.currency
    if amount <= 0:
        return Refusal(Reason.AMOUNT_WRONG)
    if wanted is not None:
        named = [each for each in owed if each.id in wanted]
        if len(named) < len(set(wanted)):
            return Refusal(Reason.CHARGE_UNKNOWN)
        if any(each.balance <= 0 for each in named):
            return Refusal(Reason.CHARGE_SETTLED)
        owed = named
    owing = [each for each in owed if each.balance > 0 and wish.kind in (None, each.kind)]
    payable = [each for each in owing if each.currency == currency]
    if owing and not payable:
        return Refusal(Reason.CURRENCY_NOT_OWED)
    total = sum(each.balance for each in payable)
    if not payable and terms.overpayment == "refuse":
        return Refusal(Reason.NOTHING_OWED)
    if amount > total and terms.overpayment == "refuse":
        return Refusal(Reason.PAYMENT_TOO_LARGE, amount=total, currency=currency)
    shares, left = [], amount
    for each in payable:
        share = min(each.balance, left)
        if share and share < each.balance and not terms.partial_payment:
            taken = amount - left or each.balance
            return Refusal(Reason.PARTIAL_PAYMENT, amount=taken, currency=currency)
        if share:
            shares.append((each, share))
            left -= share
    return shares


def _keep_credit(account: Account, amount: int, currency: str, payment_id: int) -> None:
    """What was paid beyond all that was owed stands as a charge of nothing that is paid."""
    reason = ChargeReason.PAID_BEFOREHAND.value
    new = NewCharge(ChargeKind.CREDIT, 0, currency, account.act.desk.branch_id, reason)
    kept = begin_charge(account, new)
    post(account, kept, PostingKind.PAYMENT, amount, Origin(payment_id=payment_id), reason=reason)
