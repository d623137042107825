"""Late fees: charged when an overdue loan ends or is renewed, in the same transaction.

By the rules (`circulation.fees.rules`) either each item costs something, or there is one fee for
all that was lent together, due together and handed in together: one for each

    agency, patron, group date, due date, return occasion

The group date is that of the loan, or of its last renewal; the occasion is a day, or a session at
one machine: its returns follow each other within `SESSION`. A renewal of an overdue loan is an
occasion as well, so that no renewal wipes out a fee. What a bill has charged for lateness stands,
and is not charged again on return.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import literal_column, select

from catalogue.database import Statement, Transaction, columns, many, one, scalar
from circulation.calendars.due_dates import local_date
from circulation.fees.charged_loans import (
    Contribution,
    LoanCost,
    add_contribution,
    begin_contributions,
    contributions_of_loan,
    last_contributed,
)
from circulation.fees.lateness import Lateness, child_on, lateness, terms_facts, top_fee
from circulation.fees.rules import FEES, deciding_scopes, fee_terms
from circulation.fees.terms import FeeTerms
from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind
from circulation.kernel.results import Branch, ChargedFee
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.ledger.balances import lock_account
from circulation.ledger.charge_words import ChargeReason
from circulation.ledger.charges import NewCharge, charge_made_once, create_charge
from circulation.ledger.money import Charge, ChargeKind
from circulation.ledger.postings import Account, find_charge
from circulation.ledger.schema import charges
from circulation.loans.facts import OpenLoan
from circulation.patrons.schema import patrons

#: Returns at one machine that follow each other within this are one session.
SESSION = timedelta(minutes=15)


class BorrowerFacts(NamedTuple):
    """What a tariff asks about the borrower."""

    id: int
    category: str
    birth_date: date | None
    kind: str


@one(BorrowerFacts)
def borrower_facts(*, patron_id: int) -> Statement:
    return select(*columns(BorrowerFacts, patrons)).where(patrons.c.id == patron_id)


@scalar(datetime)
def _last_renewed(*, item_id: int, loan_id: int) -> Statement:
    return (
        select(events.c.at)
        .where(
            events.c.item_id == item_id,
            events.c.loan_id == loan_id,
            events.c.kind.in_(
                literal_column(f"'{kind.value}'")
                for kind in (EventKind.RENEWED, EventKind.LOAN_SUSPENDED)
            ),
        )
        .order_by(events.c.id.desc())
        .limit(1)
    )


class _LateFee(NamedTuple):
    id: int
    once: str | None


@many(_LateFee)
def _late_since(*, patron_id: int, since: datetime) -> Statement:
    return (
        select(*columns(_LateFee, charges))
        .where(
            charges.c.patron_id == patron_id,
            charges.c.created >= since,
            charges.c.kind == ChargeKind.LATE_FEE.value,
        )
        .order_by(charges.c.created.desc(), charges.c.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What one loan costs for being late, with all that it was reckoned from."""

    late: Lateness
    terms: FeeTerms
    branch: Branch  # whose rules hold: the one that lent
    calendar_branch: Branch
    loan_id: int
    item_id: int
    due: datetime
    at: datetime
    loan_date: date
    group_date: date
    borrower: BorrowerFacts
    is_child: bool
    rules: dict[str, dict[str, str]]

    @property
    def due_date(self) -> date:
        return local_date(self.due, self.branch.timezone)

    @property
    def group(self) -> tuple[Any, ...]:
        """What loans have in common that cost one fee together, the occasion apart."""
        if self.terms.late_fees == "per_item":
            return ("item", self.loan_id, self.due_date)
        return (self.branch.agency_id, self.borrower.id, self.group_date, self.due_date)

    def cost(self, amount: int, occasion: str) -> LoanCost:
        return LoanCost(self.loan_id, self.item_id, amount, self.at, self.facts(occasion))

    def facts(self, occasion: str) -> dict[str, Any]:
        """For people to read and for machines to reckon again."""
        timezone = self.branch.timezone
        return {
            "model": self.terms.late_fees,
            "loan_date": self.loan_date.isoformat(),
            "group_date": self.group_date.isoformat(),
            "due": self.due.isoformat(),
            "due_date": self.due_date.isoformat(),
            "came": self.at.isoformat(),
            "came_date": local_date(self.at, timezone).isoformat(),
            "occasion": occasion,
            "days_late": self.late.days,
            "days_closed": self.late.closed,
            "grace_days": self.terms.grace_days,
            "periods": self.late.periods,
            "category": self.borrower.category,
            "child": self.is_child,
            "branch": self.branch.isil,
            "calendar": self.calendar_branch.isil,
            "terms": terms_facts(self.terms),
            "rules": self.rules,
        }


class End(NamedTuple):
    """When, why (``return``, ``renewal`` or ``bill``) and where a loan counts as late no longer."""

    at: datetime
    cause: str = "return"
    returned_at: Branch | None = None


def reckon(
    transaction: Transaction,
    set_up: SetUp,
    item: ItemFacts,
    loan: OpenLoan,
    borrower: BorrowerFacts,
    end: End,
) -> Reckoned:
    """What the item's open loan costs for being late if it ends like that, by the rules of that
    day."""
    branch = set_up.branches[loan.branch_id]
    day = local_date(end.at, branch.timezone)
    terms = fee_terms(set_up, branch.id, borrower.category, item.material_group, day)
    where = {
        "lending": branch,
        "returning": end.returned_at or branch,
        "home": set_up.branches[item.home_branch_id],
    }[terms.calendar]
    at = end.at
    if loan.marked is not None and not terms.accrues_while_marked:
        at = min(at, loan.marked)
    is_child = child_on(terms, local_date(loan.due, branch.timezone), borrower.birth_date)
    price = item.price if item.currency in (None, terms.currency) else None
    late = lateness(
        terms,
        due=loan.due,
        at=at,
        calendar=set_up.calendars[where.id],
        price=price,
        is_child=is_child,
    )
    loan_date = local_date(loan.checked_out, branch.timezone)
    group_date = loan_date
    if late.amount and terms.group_date == "renewal":
        renewed = _last_renewed(transaction, item_id=item.id, loan_id=loan.id)
        group_date = local_date(renewed, branch.timezone) if renewed else loan_date
    rules = {}
    if late.amount:
        case = set_up.case(branch.id, borrower.category, item.material_group)
        rules = deciding_scopes(set_up, branch.id, case, day)
    return Reckoned(
        late,
        terms,
        branch,
        where,
        loan.id,
        item.id,
        loan.due,
        at,
        loan_date,
        group_date,
        borrower,
        is_child,
        rules,
    )


def late_fee(terms: FeeTerms, late: Lateness, cause: str, *, is_child: bool) -> int:
    """What lateness costs alone on a ``return``, ``renewal`` or ``bill``."""
    if cause == "bill" and terms.bill_fee == "top" and late.days:
        return top_fee(terms, late, is_child=is_child)
    return late.amount


def charge_lateness(
    act: Act, set_up: SetUp, item: ItemFacts, loan: OpenLoan, end: End
) -> ChargedFee | None:
    """Charges the borrower of the item, locked, whose overdue loan ends or is renewed.

    To be called while the facts still show the loan as it was. Locks the patron. None where it
    costs nothing.
    """
    transaction = act.transaction
    if end.at <= loan.due or "late_fees" not in FEES.of(set_up).says or act.desk.follows:
        return None
    lock_account(transaction, patron_id=loan.patron_id)
    borrower = borrower_facts(transaction, patron_id=loan.patron_id)
    assert borrower is not None
    reckoned = reckon(transaction, set_up, item, loan, borrower, end)
    amount = late_fee(reckoned.terms, reckoned.late, end.cause, is_child=reckoned.is_child)
    if not amount:
        return None
    account = Account(act, set_up, borrower.id)
    earlier = contributions_of_loan(transaction, loan_id=loan.id)
    billed = next((each for each in earlier if is_billed(each, reckoned)), None)
    if billed is not None:
        charge = find_charge(transaction, charge_id=billed.charge_id)
        assert charge is not None
        return _join(account, charge, reckoned.cost(amount, billed.facts["occasion"]))
    occasion = _occasion(account, reckoned, end.cause)
    cost = reckoned.cost(amount, occasion)
    once = _once(reckoned, occasion)
    made = charge_made_once(account, once)
    if made is not None:
        return _join(account, made, cost)
    currency, reason = reckoned.terms.currency, _REASONS[end.cause].value
    new = NewCharge(ChargeKind.LATE_FEE, amount, currency, reckoned.branch.id, reason, once)
    charge = create_charge(account, new)
    begin_contributions(account, charge, cost._replace(at=end.at))
    return ChargedFee(charge.id, charge.kind.value, amount, charge.currency)


_REASONS = {
    "return": ChargeReason.RETURNED_LATE,
    "renewal": ChargeReason.RENEWED_LATE,
    "bill": ChargeReason.NOT_RETURNED,
}


def is_billed(contribution: Contribution, reckoned: Reckoned) -> bool:
    """Is this what a bill has charged for the same lateness?"""
    facts = contribution.facts
    return (
        contribution.undone is None
        and contribution.kind is ChargeKind.LATE_FEE
        and str(facts.get("occasion", "")).startswith("bill ")
        and facts.get("due") == reckoned.due.isoformat()
    )


def _occasion(account: Account, reckoned: Reckoned, cause: str) -> str:
    """On which occasion it comes back: the same text for all that come together."""
    day = local_date(reckoned.at, reckoned.branch.timezone).isoformat()
    if cause == "bill":
        return f"bill {local_date(account.act.now, reckoned.branch.timezone)}"
    if reckoned.terms.occasion == "day" or not account.act.desk.branch_id:
        return day
    here = f"{day} at {account.act.desk.machine} from "
    session = _once(reckoned, here)
    for row in _late_since(
        account.act.transaction,
        patron_id=account.patron_id,
        since=account.act.now - timedelta(days=1),
    ):
        if row.once is not None and row.once.startswith(session):
            last = last_contributed(account.act.transaction, charge_id=row.id)
            if last is not None and account.act.now - last <= SESSION:
                return here + row.once.removeprefix(session)
    return here + account.act.now.isoformat()


def _once(reckoned: Reckoned, occasion: str) -> str:
    """What names the fee, so that it is charged once. One for an item needs no occasion."""
    named = (str(part) for part in reckoned.group)
    if reckoned.terms.late_fees == "per_item":
        return f"late {' '.join(named)}"
    return f"late {' '.join(named)} {occasion}"


def _join(account: Account, charge: Charge, cost: LoanCost) -> ChargedFee | None:
    """One more loan for a fee that is charged; what that adds, None where it adds nothing."""
    raised = add_contribution(account, charge, cost, charge.reason)
    added = raised.amount - charge.amount
    return ChargedFee(charge.id, charge.kind.value, added, charge.currency) if added else None
