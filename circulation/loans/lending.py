"""Check-out: the facts and what features see, a decision, and what is written for it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from circulation.calendars.due_dates import due_at, local_date
from circulation.items.missing import forget_missing
from circulation.items.transits import end_transit
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.loan_lengths import loan_due
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, ChargedFee, CheckedOut, Loan, Refusal, Refused
from circulation.loans.checks import check_out_refusals
from circulation.loans.conflicts import note_conflict, note_former_loan, reason_of_former_loan
from circulation.loans.dates import date_refusals
from circulation.loans.ending import Ending, charge_end, end, lock_who_owes
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.features import LENDING, LoanCase, LoanSight, Written, charge, look_at
from circulation.loans.late import (
    SAME_ACT,
    History,
    NextMove,
    Place,
    find_place,
    past_loans,
)
from circulation.loans.late_days import note_late_day
from circulation.loans.limits import with_counted_groups
from circulation.loans.off_line import is_same_second
from circulation.loans.parties import parties
from circulation.loans.rows import begin_loan
from circulation.loans.states import LoanAction, refusals_in, state_before, state_of
from circulation.loans.wishes import LoanWish
from circulation.patrons.traits import traits_of

#: For a loan that happened off line, of something that no rule gives a loan period for.
FALLBACK_LOAN_DAYS = 28


class LoanDecision(NamedTuple):
    """A loan that may be made: until when, what was overridden for it, what it costs.

    `known` is a loan that was reported again, so that nothing is to be written. `place` is given
    for a loan that was reported so late that it has ended since.
    """

    case: LoanCase
    due: datetime
    overridden: tuple[Refusal, ...]
    seen: tuple[LoanSight, ...]
    known: Loan | None
    place: Place | None

    @property
    def prices(self) -> list[tuple[int, str]]:
        """What the patron is to pay for it, in minor units of a currency."""
        return [price for each in self.seen if (price := each.price) is not None]


def check_out(act: Act, wish: LoanWish) -> CheckedOut | Refused:
    """Lends the item to the patron, or says everything that hinders it.

    A second check-out of an item by its borrower is refused with ALREADY_ON_LOAN_TO_PATRON, and
    `Refused.loan` shows that loan; a protocol may go on to `renew`.

    What would have been refused without `no_block` or `overriding` is listed in
    `CheckedOut.overridden` and kept in the event. With `no_block` only an unknown patron, item or
    branch is refused, and a date that the rules do not accept. The loan takes its place in the
    history of the item (`circulation.loans.late`): a loan that was open at `happened` ends there,
    and the new one ends where the item was returned or lent again after that. A loan to the same
    patron within ten minutes is the same.
    Machines tell whole seconds: of two loans within one, that which comes later was made later.

    A loan that costs something which was not agreed to is refused with FEE_NOT_ACKNOWLEDGED, which
    names the price.

    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    decision = _decide(act, wish)
    return decision if isinstance(decision, Refused) else _perform(decision)


def judge_loan(act: Act, wish: LoanWish) -> LoanDecision | Refused:
    """What `check_out` would do. Locks and writes nothing, so a read will do for it."""
    return _decide(act._replace(transaction=act.transaction.looking()), wish)


def _decide(act: Act, wish: LoanWish) -> LoanDecision | Refused:
    known = parties(act, wish, locks_patron=True)
    if isinstance(known, Refused):
        return known
    act, item, borrower, set_up = known
    home = set_up.branches[item.home_branch_id]
    branch = set_up.branches.get(act.desk.branch_id)
    if branch is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), item.item(home), borrower.patron())
    terms = set_up.lending_terms(
        branch.id, home.id, borrower.category, item.material_group, borrower.agency_id
    )
    borrower, terms = with_counted_groups(act.transaction, borrower, terms)
    loan, now = OPEN_LOAN.of(item), act.now
    happened = wish.happened if wish.no_block else None
    if wrong := date_refusals(act, happened, terms, branch.timezone, wish.reporting.noted):
        return Refused(tuple(wrong), item.item(home), borrower.patron())
    at = now if happened is None else min(happened, now)
    is_own = loan is not None and loan.patron_id == borrower.id
    if loan is not None and not is_own and is_same_second(at, loan.checked_out):
        at = loan.checked_out
    case = LoanCase(act, wish, item, loan, borrower, set_up, branch, terms, at)
    place = None if happened is None else find_place(act, item, loan, at)
    if place is not None and place.covering is not None:
        case = case._replace(at=max(at, place.covering.checked_out))
    before = _find_known(case, place) if wish.no_block else None
    today = local_date(now, branch.timezone)
    found = check_out_refusals(item, borrower, terms, now, today, set_up.counted_at(branch.id))
    if wish.no_block:
        _lock_who_owes(case, place)
    seen = look_at(LENDING, case)
    for sight in seen:
        found += sight.refusals(case)
    if place is not None and place.next is not None:
        found = _refusals_then(case, place, found)
    if hindering := _hindering(case, found):
        own_loan = loan.loan() if loan is not None and is_own else None
        return Refused(tuple(hindering), item.item(home), borrower.patron(), own_loan)
    due = _due(case, seen)
    if due is None:  # whatever was overridden, no rule gives a length
        lengthless = (*found, Refusal(Reason.NO_LOAN_POLICY))
        return Refused(lengthless, item.item(home), borrower.patron())
    return LoanDecision(case, due, tuple(found), seen, before, place)


def _find_known(case: LoanCase, place: Place | None) -> Loan | None:
    """Return the loan that was reported before, if this is the same."""
    loan, at, borrower = case.loan, case.at, case.borrower
    own = loan if loan is not None and loan.patron_id == borrower.id else None
    follows = case.act.desk.follows
    if own is not None and case.wish.happened is None:
        return own.loan() if at <= own.checked_out or case.wish.due == own.due else None
    if own is not None and (case.wish.due == own.due or (follows and at <= own.checked_out)):
        return own.loan()
    near = [] if own is None else [own.loan()]
    if place is not None:
        same = place.find_loan_begun(at, borrower.id)
        if same is not None:
            return same.loan()
        following = None if place.next is None else place.loans.get(place.next.loan_id or 0)
        near = [
            each.loan()
            for each in (place.covering, following)
            if each is not None and each.patron_id == borrower.id
        ] or (near if place.next is None else [])
    return next((each for each in near if abs(each.checked_out - at) <= SAME_ACT), None)


def _lock_who_owes(case: LoanCase, place: Place | None) -> None:
    """Lock the account of the borrower whose loan ends by this one."""
    act, set_up, item, here = case.act, case.set_up, case.item, case.branch
    if case.loan is not None and (place is None or place.next is None):
        lock_who_owes(Ending(act, set_up, item, case.loan, case.at, here))
    elif place is not None and place.covering is not None:
        loan = place.covering
        if loan.patron_id is not None and loan.checked_in is not None:
            lock_who_owes(Ending(act, set_up, item, loan.as_open(), loan.checked_in, here))


#: Reasons that say where the item is now.
_OF_PRESENT = frozenset(
    {
        Reason.ON_LOAN_TO_ANOTHER,
        Reason.ALREADY_ON_LOAN_TO_PATRON,
        Reason.ON_HOLD_FOR_ANOTHER,
        Reason.COPY_KEPT_FOR_HOLD,
        Reason.COPY_WANTED,
    }
)


def _refusals_then(case: LoanCase, place: Place, found: list[Refusal]) -> list[Refusal]:
    """Return what hindered the loan at its moment: on loan to whom the item was then."""
    found = [each for each in found if each.reason not in _OF_PRESENT]
    if place.covering is not None:
        found.append(Refusal(reason_of_former_loan(place.covering, case.borrower.id)))
    return found


def _hindering(case: LoanCase, found: list[Refusal]) -> list[Refusal]:
    """All that hinders the loan, unless all of it is overridden."""
    if case.wish.no_block:
        return refusals_in(state_of(case.item, case.act.now), LoanAction.CHECK_OUT_NO_BLOCK)
    return found if found and case.wish.overriding.left_of(found) else []


def _due(case: LoanCase, seen: tuple[LoanSight, ...]) -> datetime | None:
    wish, branch = case.wish, case.branch
    assert isinstance(wish, LoanWish)
    due = wish.due if wish.no_block else None
    if due is None:
        due = loan_due(case.at, case.terms, case.set_up.calendars[branch.id], case.borrower.expires)
        for sight in seen:
            due = sight.bounded(case, due)
    if due is None and wish.no_block:
        due = due_at(case.at, FALLBACK_LOAN_DAYS, branch.timezone)
    if due is None:
        return None
    if wish.wanted_until is not None and wish.wanted_until > case.at:
        due = min(due, wish.wanted_until)
    return due


def _perform(decision: LoanDecision) -> CheckedOut:
    case, item = decision.case, decision.case.item
    charged: tuple[ChargedFee, ...] = ()
    if decision.known is not None:
        loan = decision.known
    else:
        loan = Loan(case.act.circulation.ids.next(case.act.now), case.at, decision.due, 0)
        charged = _write(decision, loan)
        note_late_day(case.act, case.at, case.branch)
    return CheckedOut(
        item.item(case.set_up.branches[item.home_branch_id]),
        case.borrower.patron(),
        loan,
        may_renew=loan.renewals < case.terms.renewals,
        overridden=decision.overridden,
        charged=charged,
    )


def _write(decision: LoanDecision, loan: Loan) -> tuple[ChargedFee, ...]:
    """Writes the loan, and what it means for an open loan, a transit and the features; gives what
    it was charged for."""
    case = decision.case
    transaction, desk = case.act.transaction, case.act.desk
    item, borrower, at = case.item, case.borrower, case.at
    place = decision.place
    move = None if place is None else place.next
    ended = None if move is None else move.at
    if move is not None and place is not None:
        if place.covering is not None:
            history, by = History(case.act, case.set_up, item, place), {"ended_by_loan": loan.id}
            history.move_end(place.covering, at, case.branch, by)
        charged = charge(decision.seen, case, loan)
    else:
        ending = _ending(case, place)
        if ending is not None:
            charge_end(ending)
        charged = charge(decision.seen, case, loan)
        _make_room(case, ending, loan.id)
    here = case.branch if move is None else _branch_of(case, move)
    begin_loan(
        transaction,
        loan_id=loan.id,
        item_id=item.id,
        patron_id=borrower.id,
        branch_id=desk.branch_id,
        material_group=item.material_group,
        checked_out=at,
        due=loan.due,
        checked_in=ended,
        checked_in_branch_id=None if ended is None else here.id,
    )
    due = {"due": loan.due.isoformat()}
    written = Written(loan, state_before(item), due, is_over=ended is not None)
    for sight in decision.seen:
        sight.follow(case, written)
    written.after |= case.wish.overriding.noted(decision.overridden)
    if ended is not None:
        written.before.clear()
        written.after |= {"ended": ended.isoformat(), "late": True}
    _note(case, written)
    note_conflict(case, loan.id, decision.overridden)
    if move is not None and place is not None:
        _end_in_history(History(case.act, case.set_up, item, place), loan.id, move)
    return charged


def _note(case: LoanCase, written: Written) -> None:
    """Write the event of a loan."""
    item, borrower, loan = case.item, case.borrower, written.loan
    append_event(
        case.act,
        NewEvent(
            EventKind.CHECKED_OUT,
            at=case.at,
            item_id=item.id,
            patron_id=borrower.id,
            loan_id=loan.id,
            hold_id=written.hold_id,
            before=written.before,
            after=written.after,
            traits=traits_of(
                borrower, local_date(case.at, case.branch.timezone), item.material_group
            ),
            is_silent=written.is_over,
        ),
        case.set_up,
    )


def _branch_of(case: LoanCase, move: NextMove) -> Branch:
    """Return the branch of the return, or of the loan, by which a late loan ended."""
    event = move.event
    branch_id = None if event is None else event.branch_id
    return case.set_up.branches.get(branch_id or 0, case.branch)


def _end_in_history(history: History, loan_id: int, move: NextMove) -> None:
    """Write the end of a loan that was reported after it: the return, or the next loan."""
    act, place, branches = history.act, history.place, history.set_up.branches
    [loan] = past_loans(act.transaction, loan_ids=[loan_id])
    if (event := move.event) is not None:
        if event.kind is EventKind.ITEM_SEEN:
            history.cancel(event, EventKind.CHECK_IN_CANCELLED)
        history.end_again(loan, event)
        return
    assert move.loan_id is not None
    following = place.loans[move.loan_id]
    history.end(loan, move.at, branches[following.branch_id], {"ended_by_loan": following.id})
    note_former_loan(act, following, history.item.id, loan)


def _ending(case: LoanCase, place: Place | None) -> Ending | None:
    """Return the end of the loan that is open; what was renewed of it later is taken back."""
    other = case.loan
    if other is None:
        return None
    if place is not None and other.id in place.loans:
        history = History(case.act, case.set_up, case.item, place)
        past = history.take_back_renewals(place.loans[other.id], case.at, is_for_good=True)
        other = other._replace(due=past.due, renewals=past.renewals)
    return Ending(case.act, case.set_up, case.item, other, case.at, case.branch)


def _make_room(case: LoanCase, ending: Ending | None, loan_id: int) -> None:
    """End what the item was doing."""
    transaction, item, at = case.act.transaction, case.item, case.at
    if ending is not None:
        end(ending, at)
        append_event(
            case.act,
            NewEvent(
                EventKind.CHECKED_IN,
                at=at,
                item_id=item.id,
                patron_id=ending.loan.patron_id,
                loan_id=ending.loan.id,
                after={"ended_by_loan": loan_id},
            ),
            case.set_up,
        )
    elif item.transit_to_id is not None:
        end_transit(transaction, item_id=item.id)
    elif item.missing_since is not None:
        forget_missing(transaction, item_id=item.id)
