"""What a patron would be charged if everything came back today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from circulation.fees.charged_loans import contributions_of_loan
from circulation.fees.late_fees import BorrowerFacts, Reckoned, is_billed, reckon
from circulation.fees.rules import FEES
from circulation.items.facts import ALL, ItemFacts, items_overdue
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Loan, Patron, Refusal, Refused
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS


@dataclass(frozen=True, slots=True)
class ExpectedLoan:
    """An overdue loan, and what it would cost alone; `days` are those counted as late."""

    item: Item
    loan: Loan
    days: int
    amount: int


@dataclass(frozen=True, slots=True)
class ExpectedFee:
    """One fee that would be charged, for these loans together; `agency_id` to whom."""

    agency_id: int
    amount: int
    currency: str
    loans: tuple[ExpectedLoan, ...]


@dataclass(frozen=True, slots=True)
class ExpectedFees:
    """The fees of a patron by due date, and their sum for each currency."""

    patron: Patron
    fees: tuple[ExpectedFee, ...]
    totals: dict[str, int]


def expected_fees(
    circulation: Circulation, transaction: Transaction, *, patron: str, now: datetime
) -> ExpectedFees | Refused:
    """The late fees of all overdue loans, were they all handed in at `now` where they were lent.

    By the same rules and in the same groups as on return. What a bill has charged already is left
    out, and so are loans that were claimed returned. Refused only with PATRON_UNKNOWN.
    """
    facts = patron_facts(transaction, IDENTIFIERS.of(circulation).stored(patron), now, "")
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    if not facts.overdue or "late_fees" not in FEES.of(set_up).says:
        return ExpectedFees(facts.patron(), (), {})
    borrower = BorrowerFacts(facts.id, facts.category, facts.birth_date, facts.kind)
    groups: dict[tuple[object, ...], list[tuple[ItemFacts, Reckoned]]] = {}
    for item in items_overdue(transaction, facts.id, now, ALL, 0):
        reckoned = reckon(
            transaction, set_up, item, borrower, at=now, returned_at=None, rules_on=now
        )
        earlier = contributions_of_loan(transaction, item.loan_id) if item.loan_billed else []
        if reckoned.late.amount and not any(is_billed(each, reckoned) for each in earlier):
            groups.setdefault(reckoned.group, []).append((item, reckoned))
    fees = []
    totals: dict[str, int] = {}
    for together in groups.values():
        reckoned = together[0][1]
        amount = max(each.late.amount for _, each in together)
        currency = reckoned.terms.currency
        totals[currency] = totals.get(currency, 0) + amount
        loans = tuple(
            _line(item.item(set_up.branches[item.home_branch_id]), item.loan(), each)
            for item, each in together
        )
        fees.append(ExpectedFee(reckoned.branch.agency_id, amount, currency, loans))
    return ExpectedFees(facts.patron(), tuple(fees), totals)


def _line(item: Item, loan: Loan | None, reckoned: Reckoned) -> ExpectedLoan:
    assert loan is not None  # it is overdue
    return ExpectedLoan(item, loan, reckoned.late.days, reckoned.late.amount)
