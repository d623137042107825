"""Compensation for what does not come back: billing a loan, and what undoes that.

A bill is the price of the item and the handling, one charge, and the late fee that the rules send
with it, another: the fee stands when the item comes back after all, the compensation is cancelled.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, change, scalar
from circulation.calendars.due_dates import local_date
from circulation.fees.charged_loans import (
    LoanCost,
    add_contribution,
    begin_contributions,
    contributions_of_loan,
    take_back,
)
from circulation.fees.late_fees import End, borrower_facts, charge_lateness
from circulation.fees.lateness import terms_facts
from circulation.fees.rules import FEES, deciding_scopes, fee_terms
from circulation.fees.terms import FeeTerms
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Borrower, ChargedFee, Item, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import lock_account
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, charge_made_once, create_charge
from circulation.ledger.money import ChargeKind, PostingKind
from circulation.ledger.postings import Account, find_charge
from circulation.ledger.schema import charge_postings
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.schema import loans
from circulation.loans.states import LoanState, state_of


@change
def set_billed(*, loan_id: int, billed: datetime | None) -> Statement:
    return update(loans).where(loans.c.id == loan_id).values(billed=billed)


@scalar(datetime)
def _last_paid(*, charge_id: int) -> Statement:
    return (
        select(charge_postings.c.at)
        .where(
            charge_postings.c.charge_id == charge_id,
            charge_postings.c.kind == PostingKind.PAYMENT.value,
        )
        .order_by(charge_postings.c.id.desc())
        .limit(1)
    )


#: Why a loan in this state is not billed: somebody says that the item is not with the borrower,
#: or the clock of the loan stands still.
_NOT_BILLED = {
    LoanState.CLAIMED_RETURNED: Reason.ITEM_CLAIMED_RETURNED,
    LoanState.SUSPENDED: Reason.LOAN_SUSPENDED,
}


@dataclass(frozen=True, slots=True)
class Billed:
    """The loan of the item is billed; `charged` is the compensation, and perhaps a late fee.

    `charged` is empty where it had been billed before, or where the rules charge nothing.
    """

    item: Item
    borrower: Borrower
    charged: tuple[ChargedFee, ...]


def bill_loan(act: Act, *, item: str) -> Billed | Refused:
    """Charges the borrower of the item with this barcode, overdue or lost, for not returning it.

    Refused with ITEM_UNKNOWN, BRANCH_UNKNOWN, ITEM_NOT_ON_LOAN, NOTHING_OWED where the loan is
    neither overdue nor lost, and for a loan that was claimed returned or is suspended.
    """
    transaction, circulation, desk, now = act
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    loan = OPEN_LOAN.of(facts)
    if desk.branch_id not in set_up.branches:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), known)
    if loan is None:
        return Refused((Refusal(Reason.ITEM_NOT_ON_LOAN),), known)
    state = state_of(facts, now)
    if state in _NOT_BILLED:
        return Refused((Refusal(_NOT_BILLED[state]),), known)
    if state is not LoanState.LOST and loan.due >= now:
        return Refused((Refusal(Reason.NOTHING_OWED),), known)
    charged = charge_compensation(act, set_up, facts, loan)
    return Billed(known, loan.borrower(), charged)


def compensation_of(
    terms: FeeTerms, price: int | None, currency: str | None
) -> tuple[int, int] | None:
    """What an item of that price costs who does not return it: the price by the rules and the
    handling, in the currency of the rules; None where they charge nothing."""
    own = price if currency in (None, terms.currency) else None
    amount = terms.replacement if terms.compensation == "fixed" or own is None else own
    if terms.compensation == "none" or not amount + terms.handling:
        return None
    return amount, terms.handling


def charge_compensation(
    act: Act, set_up: SetUp, item: ItemFacts, loan: OpenLoan
) -> tuple[ChargedFee, ...]:
    """Charges for the open loan of the item, locked, unless it is billed already."""
    transaction, now = act.transaction, act.now
    if loan.billed is not None or "compensation" not in FEES.of(set_up).says:
        return ()
    lock_account(transaction, patron_id=loan.patron_id)
    borrower = borrower_facts(transaction, patron_id=loan.patron_id)
    assert borrower is not None
    branch = set_up.branches[loan.branch_id]
    day = local_date(now, branch.timezone)
    terms = fee_terms(set_up, branch.id, borrower.category, item.material_group, day)
    owed = compensation_of(terms, item.price, item.currency)
    if owed is None:
        return ()
    price, handling = owed
    case = set_up.case(branch.id, borrower.category, item.material_group)
    facts = {
        "price": price,
        "handling": handling,
        "due": loan.due.isoformat(),
        "billed": now.isoformat(),
        "category": borrower.category,
        "branch": branch.isil,
        "terms": terms_facts(terms),
        "rules": deciding_scopes(set_up, branch.id, case, day),
    }
    account = Account(act, set_up, borrower.id)
    once = f"compensation {loan.id}"
    amount, reason = price + handling, ChargeReason.COMPENSATED.value
    cost = LoanCost(loan.id, item.id, amount, now, facts)
    charge = charge_made_once(account, once)
    if charge is None:
        kind, currency = ChargeKind.COMPENSATION, terms.currency
        new = NewCharge(kind, amount, currency, branch.id, reason, once)
        charge = create_charge(account, new)
        begin_contributions(account, charge, cost)
    else:  # it was found once, and is lost again
        add_contribution(account, charge, cost, reason)
    set_billed(transaction, loan_id=loan.id, billed=now)
    charged = [ChargedFee(charge.id, charge.kind.value, amount, charge.currency)]
    if terms.bill_fee != "none":
        late = charge_lateness(act, set_up, item, loan, End(now, "bill"))
        charged += [late] if late else []
    return tuple(charged)


def cancel_compensation(act: Act, set_up: SetUp, loan: OpenLoan, reason: str) -> None:
    """The item of the loan, if that was billed, has turned up: nothing is owed for it any more.

    What was paid for it is owed to the patron, unless that is longer ago than the rules say.
    """
    if loan.billed is None:
        return
    transaction, now = act.transaction, act.now
    lock_account(transaction, patron_id=loan.patron_id)
    account = Account(act, set_up, loan.patron_id)
    for each in contributions_of_loan(transaction, loan_id=loan.id):
        if each.undone is not None or each.kind is not ChargeKind.COMPENSATION:
            continue
        if not _is_too_late(transaction, each.charge_id, each.facts, now):
            take_back(account, each, reason)


def _is_too_late(
    transaction: Transaction, charge_id: int, facts: dict[str, Any], now: datetime
) -> bool:
    """Was it paid so long ago that it is not given back?"""
    days = facts["terms"].get("refund_days")
    charge = find_charge(transaction, charge_id=charge_id)
    assert charge is not None
    if days is None or charge.paid <= 0:
        return False
    paid_at: datetime | None = _last_paid(transaction, charge_id=charge_id)
    assert paid_at is not None
    return now - paid_at > timedelta(days=days)
