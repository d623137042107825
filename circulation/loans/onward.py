"""Two borrowers of one loan: a teacher has the item on loan and lends it onward to a pupil.

The loan stays the teacher's: it counts against their limits, follows their category's rules, and
only they can renew it. The pupil has the item, sees it among their loans, and is responsible for
handing it in: a check-in ends the loan for both. Onward loans count against no limit of the
pupil's, and cannot be refused for the teacher's sake.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import update

from catalogue.database import Statement, change
from circulation.calendars.due_dates import local_date
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Borrower, Item, Loan, Patron, Refusal, Refused
from circulation.loans.checks import patron_refusals
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.rows import must_touch_one
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, refusals_in, state_of
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS


@change
def _set_co_borrower(*, loan_id: int, co_patron_id: int | None) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_(None))
        .values(co_patron_id=co_patron_id)
    )


@dataclass(frozen=True, slots=True)
class LentOnward:
    """`holder` has the item now; the loan stays `borrower`'s. `holder` None: given back to them."""

    item: Item
    loan: Loan
    borrower: Borrower
    holder: Patron | None


def lend_onward(act: Act, *, item: str, to: str) -> LentOnward | Refused:
    """Gives the item on loan to a second borrower, in place of one that there was.

    Refused for the pupil's blocks as a check-out would be; limits are not asked.
    """
    transaction, circulation, desk, now = act
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    holder = patron_facts(transaction, identifier=IDENTIFIERS.of(circulation).stored(to), now=now)
    refusals = [] if holder else [Refusal(Reason.PATRON_UNKNOWN)]
    if facts is None:
        return Refused((*refusals, Refusal(Reason.ITEM_UNKNOWN)))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), known)
    loan = OPEN_LOAN.of(facts)
    if holder is not None:
        today = local_date(now, here.timezone)
        refusals += patron_refusals(holder, Action.CHECK_OUT, today, set_up.counted_at(here.id))
        if loan is not None and holder.id == loan.patron_id:
            refusals.append(Refusal(Reason.ALREADY_ON_LOAN_TO_PATRON))
    refusals += refusals_in(state_of(facts, now), LoanAction.LEND_ONWARD)
    if refusals or holder is None or loan is None:
        return Refused(tuple(refusals), known)
    if loan.co_patron_id != holder.id:
        must_touch_one(_set_co_borrower(transaction, loan_id=loan.id, co_patron_id=holder.id))
        append_event(
            act,
            NewEvent(
                EventKind.LENT_ONWARD,
                item_id=facts.id,
                # Not in `after`: whoever is named by a column can be cut from the event again.
                patron_id=holder.id,
                loan_id=loan.id,
                before={"onward": loan.co_patron_id is not None},
                after={"onward": True},
            ),
        )
    return LentOnward(known, loan.loan(), loan.borrower(), holder.patron())


def end_onward_loan(act: Act, *, item: str) -> LentOnward | Refused:
    """The teacher has the item back from the pupil; the loan goes on."""
    transaction, circulation, _, now = act
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    loan = OPEN_LOAN.of(facts)
    refusals = refusals_in(state_of(facts, now), LoanAction.END_ONWARD_LOAN)
    if refusals or loan is None:
        return Refused(tuple(refusals), known)
    if loan.co_patron_id is not None:
        must_touch_one(_set_co_borrower(transaction, loan_id=loan.id, co_patron_id=None))
        append_event(
            act,
            NewEvent(
                EventKind.ONWARD_LOAN_ENDED,
                item_id=facts.id,
                patron_id=loan.co_patron_id,
                loan_id=loan.id,
                before={"onward": True},
                after={"onward": False},
            ),
        )
    return LentOnward(known, loan.loan(), loan.borrower(), None)
