"""What a patron would be charged if everything came back today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from catalogue.database import Transaction
from circulation.fees.charged_loans import contributions_of_loan
from circulation.fees.late_fees import BorrowerFacts, End, Reckoned, is_billed, reckon
from circulation.fees.rules import FEES
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Item, Loan, Patron, Refusal, Refused
from circulation.loans.facts import OPEN_LOAN, items_overdue
from circulation.loans.of_patron import loans_of
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
    """The late fees of all overdue loans if they were all handed in at `now` where they were lent.

    By the same rules and in the same groups as on return. What a bill has charged already is left
    out, and so are loans that were claimed returned. Refused only with PATRON_UNKNOWN.
    """
    facts = patron_facts(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    if not loans_of(facts).overdue or "late_fees" not in FEES.of(set_up).says:
        return ExpectedFees(facts.patron(), (), {})
    borrower = BorrowerFacts(facts.id, facts.category, facts.birth_date, facts.kind)
    groups: dict[tuple[object, ...], list[tuple[ExpectedLoan, Reckoned]]] = {}
    for item in items_overdue(transaction, patron_id=facts.id, now=now):
        loan = OPEN_LOAN.of(item)
        assert loan is not None  # it is overdue
        reckoned = reckon(transaction, set_up, item, loan, borrower, End(now))
        earlier = contributions_of_loan(transaction, loan_id=loan.id) if loan.billed else []
        late = reckoned.late
        if late.amount and not any(is_billed(each, reckoned) for each in earlier):
            shown = item.item(set_up.branches[item.home_branch_id])
            line = ExpectedLoan(shown, loan.loan(), late.days, late.amount)
            groups.setdefault(reckoned.group, []).append((line, reckoned))
    fees = []
    totals: dict[str, int] = {}
    for together in groups.values():
        reckoned = together[0][1]
        amount = max(each.late.amount for _, each in together)
        currency = reckoned.terms.currency
        totals[currency] = totals.get(currency, 0) + amount
        loans = tuple(line for line, _ in together)
        fees.append(ExpectedFee(reckoned.branch.agency_id, amount, currency, loans))
    return ExpectedFees(facts.patron(), tuple(fees), totals)
