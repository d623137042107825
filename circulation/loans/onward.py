"""Two borrowers of one loan: a teacher has the item on loan and lends it onward to a pupil.

The loan stays the teacher's: it counts against their limits, follows their category's rules, and
only they can renew it. The pupil has the item, sees it among their loans, and is responsible for
handing it in: a check-in ends the loan for both. Onward loans count against no limit of the
pupil's, and cannot be refused for the teacher's sake.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, update

from catalogue.database import Transaction, change, many
from catalogue.schema import items
from circulation.calendars.due_dates import local_date
from circulation.checks import patron_refusals
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Borrower, Desk, Item, Loan, Patron, Refusal, Refused
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, refusal_of, state_of
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS

_set_co_borrower = change(
    update(loans)
    .where(loans.c.id == bindparam("loan_id"), loans.c.checked_in.is_(None))
    .values(co_patron_id=bindparam("new_co_patron_id", type_=loans.c.co_patron_id.type)),
    "loan_id",
    "new_co_patron_id",
)


def _barcode(barcode: str) -> str:
    return barcode


#: The barcodes of what a patron has from others' loans, by due date.
lent_onward_to = many(
    select(items.c.barcode)
    .select_from(loans.join(items, items.c.id == loans.c.item_id))
    .where(loans.c.co_patron_id == bindparam("patron_id"), loans.c.checked_in.is_(None))
    .order_by(loans.c.due, loans.c.id),
    _barcode,
    "patron_id",
)


@dataclass(frozen=True, slots=True)
class LentOnward:
    """`holder` has the item now; the loan stays `borrower`'s. `holder` None: given back to them."""

    item: Item
    loan: Loan
    borrower: Borrower
    holder: Patron | None


def lend_onward(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    to: str,
    now: datetime,
) -> LentOnward | Refused:
    """Gives the item on loan to a second borrower, in place of one that there was.

    Refused for the pupil's blocks as a check-out would be; limits are not asked.
    """
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    holder = patron_facts(transaction, IDENTIFIERS.of(circulation).stored(to), now, "")
    refusals = [] if holder else [Refusal(Reason.PATRON_UNKNOWN)]
    if facts is None:
        return Refused((*refusals, Refusal(Reason.ITEM_UNKNOWN)))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), known)
    if holder is not None:
        today = local_date(now, here.timezone)
        refusals += patron_refusals(holder, Action.CHECK_OUT, today, set_up.counted_at(here.id))
        if holder.id == facts.borrower_id:
            refusals.append(Refusal(Reason.ALREADY_ON_LOAN_TO_PATRON))
    if reason := refusal_of(state_of(facts, now), LoanAction.LEND_ONWARD):
        refusals.append(Refusal(reason))
    loan, borrower = facts.loan(), facts.borrower()
    if refusals or holder is None or loan is None or borrower is None:
        return Refused(tuple(refusals), known)
    if facts.co_borrower_id != holder.id:
        must_touch_one(_set_co_borrower(transaction, loan.id, holder.id))
        write_event(
            transaction,
            EventKind.LENT_ONWARD,
            desk,
            now,
            item_id=facts.id,
            # Not in `after`: whoever is named by a column can be cut from the event again.
            patron_id=holder.id,
            loan_id=loan.id,
            before={"onward": facts.co_borrower_id is not None},
            after={"onward": True},
        )
    return LentOnward(known, loan, borrower, holder.patron())


def end_onward_loan(
    circulation: Circulation, transaction: Transaction, *, desk: Desk, item: str, now: datetime
) -> LentOnward | Refused:
    """The teacher has the item back from the pupil; the loan goes on."""
    lock_item(transaction, item)
    facts = item_facts(transaction, item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    loan, borrower = facts.loan(), facts.borrower()
    if loan is None or borrower is None:
        return Refused((Refusal(Reason.ITEM_NOT_ON_LOAN),), known)
    if facts.co_borrower_id is not None:
        must_touch_one(_set_co_borrower(transaction, loan.id, None))
        write_event(
            transaction,
            EventKind.ONWARD_LOAN_ENDED,
            desk,
            now,
            item_id=facts.id,
            patron_id=facts.co_borrower_id,
            loan_id=loan.id,
            before={"onward": True},
            after={"onward": False},
        )
    return LentOnward(known, loan, borrower, None)
