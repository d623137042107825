"""Borrowing from another library: what comes, is lent to the patron, and goes home again.

What is done with the item in between (check-out, renewal, check-in, loss) is circulation's own, and
`following` sees to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from catalogue.items import find_item
from circulation.calendars.due_dates import local_date, whole_day
from circulation.holds.changes import insert_hold
from circulation.holds.queues import ORDINARY
from circulation.interlending.cases import case_by_id
from circulation.interlending.notices import PartnerNoticeKind, tell
from circulation.interlending.rota import filled, taken_over, withdraw_wish
from circulation.interlending.rows import (
    InterlibraryLoan,
    advance,
    begun,
    insert_loan,
    loan_by_id,
    loan_of_request,
    store,
)
from circulation.interlending.states import BorrowingAction, BorrowingState, Obstacle, Role
from circulation.interlending.temporary import Temporary, add_temporary, end_holds, remove_temporary
from circulation.items.facts import item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, CheckedIn, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.returns import check_in
from circulation.patrons.facts import PatronFacts, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS, told_as

#: The longest barcode, and title, that are taken from a partner.
LONGEST_BARCODE, LONGEST_TEXT = 64, 500


class Agreement(NamedTuple):
    """What is agreed with a partner, as far as what is borrowed through it is concerned.

    `partner` is a folded agency, `actor` the name its own acts go by.
    """

    partner: str
    actor: str
    material_group: str = ""
    location: str = ""
    title_prefix: str = ""
    keeps_owner_due: bool = True  # no loan to the patron ends later than the owner says
    goes_at_check_in: bool = False  # the partner's CheckInItem takes it away
    is_renewable: bool = True


@dataclass(frozen=True, slots=True)
class Incoming:
    """What is known of an item that comes; texts are empty where nothing is known."""

    barcode: str = ""
    title: str = ""
    author: str = ""
    call_number: str = ""
    due: datetime | None = None
    is_renewable: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """It is here. `check_in` says where it is put; None where it had been accepted before."""

    loan: InterlibraryLoan
    check_in: CheckedIn | None = None


def expect(
    act: Act, *, agreement: Agreement, request_id: str, patron: str | None, incoming: Incoming
) -> InterlibraryLoan | Refused:
    """The owner or the broker will lend this to our patron. Told again, it changes nothing.

    Refused with PATRON_UNKNOWN.
    """
    transaction = act.transaction
    known = loan_of_request(transaction, agreement.partner, Role.BORROWER, request_id)
    if known is not None and known.closed is None:
        expected = advance(act, known, BorrowingAction.EXPECT)
        return expected if isinstance(expected, InterlibraryLoan) else known
    borrower = _patron(act, patron)
    if isinstance(borrower, Refused):
        return borrower
    incoming = _to_the_end(act, incoming)
    return _begin(act, agreement, request_id, patron, borrower, incoming)


def accept(
    act: Act,
    *,
    agreement: Agreement,
    request_id: str,
    patron: str | None,
    incoming: Incoming,
    pickup_branch: str | None = None,
) -> Accepted | Refused | Obstacle:
    """The item is in hand at the desk: makes it ours for a while, and keeps it for the patron.

    `pickup_branch` is an ISIL, the desk's branch where None. Neither the patron's blocks nor their
    limits matter before they borrow it. What was accepted before is not made again. Refused with
    PATRON_UNKNOWN or BRANCH_UNKNOWN.
    """
    transaction, circulation, desk, _ = act
    loan = loan_of_request(transaction, agreement.partner, Role.BORROWER, request_id)
    if loan is not None and loan.closed is not None:
        loan = _reopened(act, loan)
    if loan is not None and loan.item_id is not None:
        return Accepted(loan)
    set_up = circulation.current_set_up(transaction)
    incoming = _to_the_end(act, incoming)
    here = set_up.branches.get(desk.branch_id)
    pickup = here if pickup_branch is None else _branch(set_up, pickup_branch)
    if here is None or pickup is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    if patron is None and loan is not None:
        patron = loan.user or None
    borrower = _patron(act, patron)
    if isinstance(borrower, Refused):
        return borrower
    barcode = incoming.barcode or (loan.barcode if loan else "")
    if not barcode.isprintable() or len(barcode) > LONGEST_BARCODE:
        return Obstacle.BARCODE_WRONG
    if barcode and find_item(transaction, barcode) is not None:
        return Obstacle.BARCODE_IN_USE
    if loan is None:
        loan = _begin(act, agreement, request_id, patron, borrower, incoming)
    new = _made_ours(act, loan, agreement, incoming, borrower, pickup)
    tell(act, new, PartnerNoticeKind.RECEIVED)
    checked_in = check_in(act, item=new.barcode)
    assert isinstance(checked_in, CheckedIn)
    return Accepted(new, checked_in)


def _made_ours(
    act: Act,
    loan: InterlibraryLoan,
    agreement: Agreement,
    incoming: Incoming,
    borrower: PatronFacts | None,
    pickup: Branch,
) -> InterlibraryLoan:
    """Makes record and item, and a hold for whom they have come for."""
    title = incoming.title[:LONGEST_TEXT] or loan.title
    author = incoming.author[:LONGEST_TEXT] or loan.author
    item = Temporary(
        incoming.barcode or loan.barcode or f"ILL{loan.id}",
        f"{agreement.title_prefix}{title}",
        author,
        incoming.call_number[:LONGEST_TEXT],
        agreement.material_group,
        agreement.location,
    )
    record_id, item_id = add_temporary(act, item)
    hold_id = None
    if borrower is not None:
        hold_id = _place_hold(act, record_id, item_id, borrower, pickup, incoming.due)
    new = advance(
        act,
        loan,
        BorrowingAction.ACCEPT,
        item_id=item_id,
        barcode=item.barcode,
        record_id=record_id,
        title=title,
        author=author,
        hold_id=hold_id,
        due=(incoming.due or loan.due) if agreement.keeps_owner_due else None,
        renewable=agreement.is_renewable and incoming.is_renewable and loan.renewable,
    )
    assert isinstance(new, InterlibraryLoan)
    filled(act, new)
    return new


def shipped(
    act: Act, loan: InterlibraryLoan, *, barcode: str = "", due: datetime | None = None
) -> InterlibraryLoan | Obstacle:
    """The owner has sent it."""
    transaction, circulation = act.transaction, act.circulation
    changes: dict[str, Any] = {}
    if loan.item_id is None and barcode:
        changes["barcode"] = barcode[:LONGEST_BARCODE]
    if due is not None and loan.item_id is None:
        branch = circulation.current_set_up(transaction).branches[loan.branch_id]
        changes["due"] = whole_day(due, branch.timezone)
    return advance(act, loan, BorrowingAction.SHIP, **changes)


def _reopened(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | None:
    """What we had asked for and given up, and comes now; None where it was ours to ask for no more,
    and another may come under its name."""
    was_given_up = loan.state in (BorrowingState.CANCELLED, BorrowingState.UNFILLED)
    if loan.case_id is None or not was_given_up or loan.item_id is not None:
        return None
    again = taken_over(act, loan)._replace(
        state_name=BorrowingState.SHIPPED.value, closed=None, changed=act.now
    )
    store(act.transaction, again)
    return again


def sent_all_the_same(
    act: Act, loan: InterlibraryLoan, *, barcode: str, due: datetime | None
) -> InterlibraryLoan | Obstacle:
    """The owner has sent what we had cancelled, or given up, in the meantime: it comes, for nobody
    where its patron does not wait for it any more."""
    was_given_up = loan.state in (BorrowingState.CANCELLED, BorrowingState.UNFILLED)
    if not was_given_up or loan.item_id is not None:
        return Obstacle.IS_OVER
    again = taken_over(act, loan)._replace(
        state_name=BorrowingState.SHIPPED.value, closed=None, changed=act.now
    )
    store(act.transaction, again)
    return shipped(act, again, barcode=barcode, due=due)


def send_home(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """It goes back to its owner: record and item are no more. Repeated, it changes nothing."""
    transaction = act.transaction
    if loan.closed is not None:
        return advance(act, loan, BorrowingAction.SEND_HOME)
    lock_item(transaction, barcode=loan.barcode)
    facts = item_facts(transaction, barcode=loan.barcode) if loan.item_id is not None else None
    if facts is not None and OPEN_LOAN.of(facts) is not None:
        return Obstacle.ON_LOAN
    new = advance(act, loan, BorrowingAction.SEND_HOME)
    if isinstance(new, Obstacle):
        return new
    tell(act, loan, PartnerNoticeKind.SENT_HOME)
    if remove_temporary(act, loan):
        new = new._replace(item_id=None, record_id=None)
        store(transaction, new)
    return new


def cancel_borrowing(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """The patron wants it no more. What is here already goes home unread."""
    new = advance(act, loan, BorrowingAction.CANCEL)
    if isinstance(new, Obstacle):
        return new
    if new.state is not loan.state:
        withdraw_wish(act, loan)
        if loan.item_id is not None and loan.record_id is not None:
            end_holds(act, loan.record_id, loan.item_id)
        tell(act, loan, PartnerNoticeKind.CANCELLED)
    return new


def cancel_wish(act: Act, loan: InterlibraryLoan) -> InterlibraryLoan | Obstacle:
    """Nobody wants any more what the loan was begun for: whoever was asked for it last is told."""
    case = case_by_id(act.transaction, loan.case_id)
    if case is not None and case.closed is None and case.loan_id is not None:
        loan = loan_by_id(act.transaction, case.loan_id) or loan
    if loan.closed is not None and case is not None:
        withdraw_wish(act, loan)
        return loan
    return cancel_borrowing(act, loan)


def _to_the_end(act: Act, incoming: Incoming) -> Incoming:
    """The owner's due date, midnight being the end of the day that begins with it."""
    transaction, circulation, desk, _ = act
    here = circulation.current_set_up(transaction).branches.get(desk.branch_id)
    if incoming.due is None or here is None:
        return incoming
    return replace(incoming, due=whole_day(incoming.due, here.timezone))


def _patron(act: Act, patron: str | None) -> PatronFacts | Refused | None:
    transaction, circulation, _, now = act
    if patron is None:
        return None
    found = patron_facts(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    return found or Refused((Refusal(Reason.PATRON_UNKNOWN),))


def _branch(set_up: SetUp, isil: str) -> Branch | None:
    return next((each for each in set_up.branches.values() if each.isil == isil), None)


def _begin(
    act: Act,
    agreement: Agreement,
    request_id: str,
    patron: str | None,
    borrower: PatronFacts | None,
    incoming: Incoming,
) -> InterlibraryLoan:
    loan = begun(
        act,
        partner=agreement.partner,
        actor=agreement.actor,
        request_id=request_id,
        state_name=BorrowingState.EXPECTED.value,
        barcode=incoming.barcode[:LONGEST_BARCODE],
        title=incoming.title[:LONGEST_TEXT],
        author=incoming.author[:LONGEST_TEXT],
        patron_id=borrower.id if borrower else None,
        user=told_as(act.transaction, borrower.id, patron) if borrower and patron else "",
        due=incoming.due,
        renewable=incoming.is_renewable,
        goes_at_check_in=agreement.goes_at_check_in,
    )
    insert_loan(act.transaction, loan)
    return loan


def _place_hold(
    act: Act,
    record_id: int,
    item_id: int,
    borrower: PatronFacts,
    pickup: Branch,
    owner_due: datetime | None,
) -> int:
    """Keeps the item for the borrower, no longer than its owner does; gives the hold's number."""
    transaction, circulation, _, now = act
    hold_id = circulation.ids.next(now)
    today = local_date(now, pickup.timezone)
    terms = circulation.set_up_at_hand(transaction).terms(pickup.id, borrower.category, "")
    until = today + timedelta(days=terms.interest_days)
    if owner_due is not None:
        until = max(today, min(until, local_date(owner_due, pickup.timezone)))
    insert_hold(
        transaction,
        hold_id=hold_id,
        record_id=record_id,
        item_id=item_id,
        part="",
        patron_id=borrower.id,
        set_id=None,
        waits_for=None,
        pickup_branch_id=pickup.id,
        is_forced=False,
        queue_class=ORDINARY,
        priority=0,
        placed=now,
        activates=None,
        interest_until=until,
    )
    append_event(
        act,
        NewEvent(
            EventKind.HOLD_PLACED,
            hold_id=hold_id,
            patron_id=borrower.id,
            item_id=item_id,
            after={"record": record_id, "pickup_branch": pickup.id, "kind": "NORMAL"},
        ),
    )
    return hold_id
