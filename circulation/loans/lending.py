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
from circulation.kernel.results import ChargedFee, CheckedOut, Loan, Refusal, Refused
from circulation.loans.checks import check_out_refusals
from circulation.loans.conflicts import note_conflict
from circulation.loans.dates import date_refusals
from circulation.loans.ending import Ending, charge_end, end, lock_who_owes
from circulation.loans.facts import OPEN_LOAN
from circulation.loans.features import LENDING, LoanCase, LoanSight, Written, charge, look_at
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

    `is_known`: it is the open loan, reported once more, and nothing is to be written.
    """

    case: LoanCase
    due: datetime
    overridden: tuple[Refusal, ...]
    seen: tuple[LoanSight, ...]
    is_known: bool

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
    branch is refused, and a date that the rules do not accept. A loan that was open at `happened`
    ends there, but for the borrower's own until the same moment, which it is; before one that began
    later the loan is recorded as ended.
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
    if wrong := date_refusals(act, happened, terms, branch.timezone):
        return Refused(tuple(wrong), item.item(home), borrower.patron())
    at = now if happened is None else min(happened, now)
    is_own = loan is not None and loan.patron_id == borrower.id
    if loan is not None and not is_own and is_same_second(at, loan.checked_out):
        at = loan.checked_out
    case = LoanCase(act, wish, item, loan, borrower, set_up, branch, terms, at)
    today = local_date(now, branch.timezone)
    found = check_out_refusals(item, borrower, terms, now, today, set_up.counted_at(branch.id))
    if wish.no_block and loan is not None:
        lock_who_owes(Ending(act, set_up, item, loan, at, branch))
    seen = look_at(LENDING, case)
    for sight in seen:
        found += sight.refusals(case)
    if hindering := _hindering(case, found):
        own_loan = loan.loan() if loan is not None and is_own else None
        return Refused(tuple(hindering), item.item(home), borrower.patron(), own_loan)
    due = _due(case, seen)
    if due is None:  # whatever was overridden, no rule gives a length
        lengthless = (*found, Refusal(Reason.NO_LOAN_POLICY))
        return Refused(lengthless, item.item(home), borrower.patron())
    is_known = (
        wish.no_block
        and is_own
        and loan is not None
        and (at <= loan.checked_out or wish.due == loan.due)
    )
    return LoanDecision(case, due, tuple(found), seen, is_known)


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
    if decision.is_known:
        assert case.loan is not None
        loan = case.loan.loan()
    else:
        loan = Loan(case.act.circulation.ids.next(case.act.now), case.at, decision.due, 0)
        charged = _write(decision, loan)
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
    ending = _ending(case)
    if ending is not None:
        charge_end(ending)
    charged = charge(decision.seen, case, loan)
    ended = _make_room(case, ending, loan.id)
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
        checked_in_branch_id=None if ended is None else desk.branch_id,
    )
    due = {"due": loan.due.isoformat()}
    written = Written(loan, state_before(item), due, is_over=ended is not None)
    for sight in decision.seen:
        sight.follow(case, written)
    written.after |= case.wish.overriding.noted(decision.overridden)
    if ended is not None:
        written.after["ended"] = ended.isoformat()
    append_event(
        case.act,
        NewEvent(
            EventKind.CHECKED_OUT,
            at=at,
            item_id=item.id,
            patron_id=borrower.id,
            loan_id=loan.id,
            hold_id=written.hold_id,
            before=written.before,
            after=written.after,
            traits=traits_of(borrower, local_date(at, case.branch.timezone), item.material_group),
        ),
        case.set_up,
    )
    note_conflict(case, loan.id, decision.overridden)
    return charged


def _ending(case: LoanCase) -> Ending | None:
    """The end of the loan that is open, unless that began later: then this one has ended."""
    other = case.loan
    if other is None or other.checked_out > case.at:
        return None
    return Ending(case.act, case.set_up, case.item, other, case.at, case.branch)


def _make_room(case: LoanCase, ending: Ending | None, loan_id: int) -> datetime | None:
    """Ends what the item was doing; gives when another loan of it began, where that was later."""
    transaction, item, other, at = case.act.transaction, case.item, case.loan, case.at
    if other is not None:
        if ending is None:
            return other.checked_out
        end(ending, at)
        append_event(
            case.act,
            NewEvent(
                EventKind.CHECKED_IN,
                at=at,
                item_id=item.id,
                patron_id=other.patron_id,
                loan_id=other.id,
                after={"ended_by_loan": loan_id},
            ),
            case.set_up,
        )
    elif item.transit_to_id is not None:
        end_transit(transaction, item_id=item.id)
    elif item.missing_since is not None:
        forget_missing(transaction, item_id=item.id)
    return None
