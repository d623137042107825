"""Recalls: a loan that others wait for ends sooner, but never before the rules allow it.

The rules of the branch that lent say whether its loans can be recalled, how many days the borrower
has in any case (`LoanTerms.recall_days`) and how much notice (`recall_notice_days`). A hold that no
copy on a shelf serves recalls one loan, that which can end first; so there are never more loans
recalled of a title than patrons waiting for it. One that is not to be served yet (it begins later,
is paused, its patron is away) recalls on the day on which it is. Renewing a recalled loan is
refused as long as anybody waits. Where nobody waits any more, the due date stays as recalled.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select, update

from catalogue.database import Statement, change, columns, many, scalar
from catalogue.schema import items
from circulation.holds.copies import copies_of_record
from circulation.holds.facts import HoldFacts, holds_of_record, holds_that_begin, lock_queue
from circulation.holds.part import WAITED_FOR
from circulation.holds.results import RecalledLoan
from circulation.holds.targeting import Target, assign, can_serve, is_due_service
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.loan_lengths import recall_due
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused
from circulation.kernel.schema import events
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.schema import loans
from circulation.loans.states import LoanAction, refusals_in, state_of
from circulation.patrons.schema import patrons

#: The actor of the events of holds that begin.
ACTOR: Final = "recalls"
#: Holds looked at in one step.
AT_MOST: Final = 200


#: What follows where the loan of an item, given by its number, was recalled: it is due then.
RECALLED: Registry[Callable[[Act, int, datetime], None]] = Registry("holds.recalls:RECALLED")


class _OpenLoan(NamedTuple):
    """A loan that might be recalled, and the item of it."""

    id: int
    item_id: int
    barcode: str
    home_branch_id: int
    material_group: str
    part: str
    branch_id: int
    patron_id: int
    patron_category: str
    checked_out: datetime
    due: datetime
    suspended_until: datetime | None
    recalled: datetime | None


@many(_OpenLoan)
def _open_loans(*, record_id: int) -> Statement:
    return (
        select(
            *columns(
                _OpenLoan,
                loans,
                items,
                id=loans.c.id,
                item_id=items.c.id,
                home_branch_id=items.c.branch_id,
                material_group=items.c.material_group,
                branch_id=loans.c.branch_id,
                patron_category=patrons.c.category,
            )
        )
        .select_from(
            items.join(loans, (loans.c.item_id == items.c.id) & loans.c.checked_in.is_(None)).join(
                patrons, patrons.c.id == loans.c.patron_id
            )
        )
        .where(items.c.record_id == record_id, loans.c.mark.is_(None))
        .order_by(loans.c.id)
    )


#: Touches nothing where the loan was renewed or has ended meanwhile.
@change
def _bring_forward(
    *, loan_id: int, old_due: datetime, due: datetime, recalled: datetime | None
) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == loan_id, loans.c.checked_in.is_(None), loans.c.due == old_due)
        .values(due=due, recalled=recalled)
    )


@scalar(str)
def _last_recall(*, item_id: int, loan_id: int) -> Statement:
    its = events.c.item_id == item_id, events.c.loan_id == loan_id
    return (
        select(events.c.before)
        .where(*its, events.c.kind == EventKind.LOAN_RECALLED.value)
        .order_by(events.c.id.desc())
        .limit(1)
    )


def recall_for(act: Act, set_up: SetUp, hold: HoldFacts) -> RecalledLoan | None:
    """Recalls a loan for a hold that was just placed; None where no loan is to be recalled.

    The queue is locked, the loan's item is not: the loan is changed only if it is as it was read.
    """
    transaction, now = act.transaction, act.now
    if not is_due_service(hold, set_up, now):
        return None
    on_loan = _open_loans(transaction, record_id=hold.record_id)
    promising = [
        (new_due, loan.id, loan)
        for loan in on_loan
        if loan.recalled is None
        and loan.patron_id != hold.patron_id
        and can_serve(_target(loan), hold, set_up)
        and (new_due := _recalled_to(loan, set_up, now)) is not None
    ]
    if not promising:
        return None
    queue = holds_of_record(transaction, record_id=hold.record_id)
    assigned = assign(queue, copies_of_record(transaction, record_id=hold.record_id), set_up, now)
    served = {each.hold.id for each in assigned}
    if hold.id in served:
        return None
    waiting = [
        each for each in queue if each.id not in served and is_due_service(each, set_up, now)
    ]
    if sum(loan.recalled is not None for loan in on_loan) >= len(waiting):
        return None
    new_due, _, loan = min(promising)
    return _recall(act, loan, new_due, hold.id)


def recall_for_holds_that_begin(
    act: Act, set_up: SetUp, *, day: date, after: int = 0, at_most: int = AT_MOST
) -> tuple[list[RecalledLoan], int | None]:
    """Recalls loans for the holds that may be served from this day on; after the hold `after`.

    Gives where to go on too, None when all are done. Done again it recalls nothing more.
    """
    transaction = act.transaction
    page = holds_that_begin(
        transaction, today=day, yesterday=day - timedelta(1), after=after, at_most=at_most
    )
    recalled = []
    for hold in page:
        lock_queue(transaction, record_id=hold.record_id)
        there = act._replace(desk=set_up.desk(hold.pickup_branch_id, ACTOR))
        if (loan := recall_for(there, set_up, hold)) is not None:
            recalled.append(loan)
    return recalled, page[-1].id if len(page) == at_most else None


def recall(act: Act, *, item: str, wanted_by: datetime | None = None) -> RecalledLoan | Refused:
    """Staff recall the loan of the item with this barcode, whether anybody waits or not.

    With `wanted_by` the borrower has it until then, where the rules would have it back sooner.
    Refused with NOT_RECALLABLE where the rules recall nothing or the loan ends no later as it is,
    and as the table of loan states has it.
    """
    transaction, circulation, _, now = act
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known = facts.item(set_up.branches[facts.home_branch_id])
    found = OPEN_LOAN.of(facts)
    refusals = refusals_in(state_of(facts, now), LoanAction.RECALL)
    if refusals or found is None:
        return Refused(tuple(refusals), known)
    on_loan = _open_loans(transaction, record_id=facts.record_id)
    loan = next(each for each in on_loan if each.id == found.id)
    new_due = _recalled_to(loan, set_up, now)
    recalled = None
    if new_due is not None and wanted_by is not None:
        new_due = max(new_due, wanted_by) if wanted_by < loan.due else None
    if new_due is not None:
        recalled = _recall(act, loan, new_due, None)
    return recalled or Refused((Refusal(Reason.NOT_RECALLABLE),), known)


def cancel_recall(act: Act, *, item: str) -> RecalledLoan | Refused | None:
    """Takes the recall of an open loan back: it is due when it was before. None: not recalled.

    Refused with LOAN_RECALLED as long as somebody waits for the title, and with ITEM_NOT_ON_LOAN.
    """
    transaction, circulation = act.transaction, act.circulation
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    known, loan = facts.item(set_up.branches[facts.home_branch_id]), OPEN_LOAN.of(facts)
    if loan is None:
        return Refused((Refusal(Reason.ITEM_NOT_ON_LOAN),), known)
    if loan.recalled is None:
        return None
    if (waited_for := WAITED_FOR.of(facts)) is not None and waited_for.open_holds:
        return Refused((Refusal(Reason.LOAN_RECALLED),), known)
    before = json.loads(_last_recall(transaction, item_id=facts.id, loan_id=loan.id) or "{}")
    old_due = datetime.fromisoformat(before["due"]) if "due" in before else loan.due
    due = max(old_due, loan.due)
    if not _bring_forward(transaction, loan_id=loan.id, old_due=loan.due, due=due, recalled=None):
        return None
    append_event(
        act,
        NewEvent(
            EventKind.LOAN_RECALL_CANCELLED,
            item_id=facts.id,
            patron_id=loan.patron_id,
            loan_id=loan.id,
            before={"due": loan.due.isoformat()},
            after={"due": due.isoformat()},
        ),
    )
    return RecalledLoan(loan.id, item, loan.due, due)


def _target(loan: _OpenLoan) -> Target:
    return Target(loan.item_id, loan.home_branch_id, loan.material_group, loan.part)


def _recalled_to(loan: _OpenLoan, set_up: SetUp, now: datetime) -> datetime | None:
    """When the loan would be due if it were recalled; None where it cannot be."""
    if loan.suspended_until is not None and loan.suspended_until > now:
        return None
    terms = set_up.terms(loan.branch_id, loan.patron_category, loan.material_group)
    calendar = set_up.calendars[loan.branch_id]
    return recall_due(loan.checked_out, loan.due, now, terms, calendar)


def _recall(
    act: Act, loan: _OpenLoan, new_due: datetime, hold_id: int | None
) -> RecalledLoan | None:
    transaction, now = act.transaction, act.now
    if not _bring_forward(
        transaction, loan_id=loan.id, old_due=loan.due, due=new_due, recalled=now
    ):
        return None
    append_event(
        act,
        NewEvent(
            EventKind.LOAN_RECALLED,
            item_id=loan.item_id,
            patron_id=loan.patron_id,
            loan_id=loan.id,
            before={"due": loan.due.isoformat()},
            after={"due": new_due.isoformat()} | ({} if hold_id is None else {"for_hold": hold_id}),
        ),
    )
    for follow in RECALLED:
        follow(act, loan.item_id, new_due)
    return RecalledLoan(loan.id, loan.barcode, loan.due, new_due)
