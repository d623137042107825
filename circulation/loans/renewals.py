"""Renewals, of one loan and of all: the facts and what features see, a decision, and what is
written."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from circulation.calendars.due_dates import local_date
from circulation.items.facts import ItemFacts
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.loan_lengths import renewal_due
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Loan, Refusal, Refused, Renewed, RenewedAll
from circulation.loans.checks import patron_refusals, renewal_refusals
from circulation.loans.conflicts import note_conflict
from circulation.loans.dates import date_refusals
from circulation.loans.facts import (
    OPEN_LOAN,
    OpenLoan,
    items_lent_onward_to,
    items_on_loan,
    lock_items_on_loan_to,
    lock_open_loans_of,
)
from circulation.loans.features import RENEWING, LoanCase, LoanSight, Written, charge, look_at
from circulation.loans.late import History, PastLoan, find_place, find_promised_due, set_due
from circulation.loans.late_days import note_late_day
from circulation.loans.of_patron import loans_of
from circulation.loans.parties import Parties, parties
from circulation.loans.rows import must_touch_one, prolong_loan
from circulation.loans.states import LoanAction, refusals_in, state_of
from circulation.loans.wishes import RenewalWish
from circulation.patrons.facts import patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin
from circulation.patrons.traits import traits_of


class RenewalDecision(NamedTuple):
    """A renewal that may be made: the loan as it is and will be, what was overridden for it."""

    case: LoanCase
    before: OpenLoan
    loan: Loan
    overridden: tuple[Refusal, ...]
    seen: tuple[LoanSight, ...]

    @property
    def prices(self) -> list[tuple[int, str]]:
        """What the patron is to pay for it, in minor units of a currency; lateness apart."""
        return [price for each in self.seen if (price := each.price) is not None]


def renew(act: Act, wish: RenewalWish) -> Renewed | Refused:
    """Moves the due date of the patron's loan of the item, or says everything that hinders it.

    The rules are those of the branch where the loan was made, and of the item's owner as for a
    check-out. What is not on loan to the patron is refused even with `no_block`, and a due date is
    never brought forward, except by what another system has told. A loan that is overdue is charged
    for being late until now; that is not asked for beforehand, being owed anyway.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    known = parties(act, wish, locks_patron=False)
    if isinstance(known, Refused):
        return known
    if wish.no_block and wish.happened is not None:
        return _renew_off_line(known, wish, min(wish.happened, known.act.now))
    decision = _decide(known, wish)
    return decision if isinstance(decision, Refused) else _perform(decision)


def _renew_off_line(known: Parties, wish: RenewalWish, at: datetime) -> Renewed | Refused:
    """Renew the loan of that moment, open or ended since; later renewals are made again."""
    act, item, borrower, set_up = known
    opened = OPEN_LOAN.of(item)
    place = find_place(act, item, opened, at)
    loan = None
    if place is not None:
        loan = (
            place.covering
            if place.next is not None
            else place.loans.get(opened.id if opened else 0)
        )
    if place is None or (loan is None and place.next is None):
        decision = _decide(known, wish)
        return decision if isinstance(decision, Refused) else _perform(decision)
    if loan is None or loan.patron_id != borrower.id:
        reason = Reason.ITEM_NOT_ON_LOAN if loan is None else Reason.NOT_ON_LOAN_TO_PATRON
        home = set_up.branches[item.home_branch_id]
        return Refused((Refusal(reason),), item.item(home), borrower.patron())
    second = at.replace(microsecond=0)
    renewed = [each for each in place.acts if each.kind is EventKind.RENEWED]
    if any(
        each.loan_id == loan.id and each.at.replace(microsecond=0) == second for each in renewed
    ):
        return _known_renewal(known, loan)
    if isinstance(refused := _decide(known, wish, loan.as_open()), Refused):
        return refused
    later = place.renewals_after(loan.id, at)
    history = History(act, set_up, item, place)
    ended = history.take_back_end(loan) if loan.checked_in is not None else None
    loan = history.take_back_renewals(loan, at, is_for_good=False)
    decision = _decide(known, wish, loan.as_open())
    assert not isinstance(decision, Refused)
    answer = _perform(decision)
    if ended is not None:
        renewed_loan = loan._replace(due=answer.loan.due, renewals=answer.loan.renewals)
        history.end_again(renewed_loan, ended)
    for each in later:
        again = RenewalWish(
            wish.patron, wish.item, no_block=True, happened=each.at, due=find_promised_due(each)
        )
        found = renew(act, again)
        if isinstance(found, Renewed):
            answer = replace(answer, loan=found.loan, may_renew=found.may_renew)
    return answer


def _known_renewal(known: Parties, loan: PastLoan) -> Renewed:
    """Return the answer to a renewal that was reported before."""
    home = known.set_up.branches[known.item.home_branch_id]
    borrower = known.borrower.patron()
    return Renewed(
        known.item.item(home), borrower, loan.loan(), previous_due=loan.due, may_renew=False
    )


def judge_renewal(act: Act, wish: RenewalWish) -> RenewalDecision | Refused:
    """What `renew` would do. Locks and writes nothing, so a read will do for it."""
    looking = act._replace(transaction=act.transaction.looking())
    known = parties(looking, wish, locks_patron=False)
    return known if isinstance(known, Refused) else _decide(known, wish)


class LoanProspect(NamedTuple):
    """A loan of a patron's, and all that hinders its renewal now; nothing where it can be made."""

    item: ItemFacts
    loan: OpenLoan
    refusals: tuple[Refusal, ...]


def judge_renewals(act: Act, *, patron: str) -> list[LoanProspect] | Refused:
    """What `renew_all` would do, for each open loan of the patron in order of due date, and after
    them what others have lent onward to them, which they cannot renew. Asks for no PIN, locks and
    writes nothing. Refused only where the patron is unknown."""
    act = act._replace(transaction=act.transaction.looking())
    transaction, circulation, _, now = act
    patron = IDENTIFIERS.of(circulation).stored(patron)
    borrower = patron_facts(transaction, identifier=patron, now=now)
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    counted, found_items = loans_of(borrower), []
    if counted.number:
        found_items += items_on_loan(transaction, patron_id=borrower.id)
    if counted.onward:
        found_items += items_lent_onward_to(transaction, patron_id=borrower.id)
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    prospects = []
    for item in found_items:
        loan = OPEN_LOAN.of(item)
        assert loan is not None
        wish = RenewalWish(patron, item.barcode, seen=False)
        found = _decide(Parties(act, item, borrower, set_up), wish)
        refusals = found.refusals if isinstance(found, Refused) else ()
        prospects.append(LoanProspect(item, loan, refusals))
    return prospects


def renew_all(
    act: Act, *, patron: str, pin: str | None = None, fee_acknowledged: bool | int = False
) -> RenewedAll | Refused:
    """Renews whatever can be renewed of the patron's loans (SIP2 65), the items not being at hand.

    Refused only where the patron is unknown or the PIN wrong.
    """
    transaction, circulation, _, now = act
    known_by = IDENTIFIERS.of(circulation).stored(patron)
    found = patron_facts(transaction, identifier=known_by, now=now)
    if found is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(act, found, pin):
        return Refused((wrong,))
    lock_items_on_loan_to(transaction, patron_id=found.id)
    lock_open_loans_of(transaction, patron_id=found.id)
    # Again: a closure, or a block, may have come while the locks were waited for.
    borrower = patron_facts(transaction, identifier=known_by, now=now)
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    renewed, refused = [], []
    for item in items_on_loan(transaction, patron_id=borrower.id):
        wish = RenewalWish(patron, item.barcode, seen=False, fee_acknowledged=fee_acknowledged)
        decision = _decide(Parties(act, item, borrower, set_up), wish)
        if isinstance(decision, Refused):
            refused.append(decision)
        else:
            renewed.append(_perform(decision))
    return RenewedAll(borrower.patron(), tuple(renewed), tuple(refused))


def _decide(
    known: Parties, wish: RenewalWish, past: OpenLoan | None = None
) -> RenewalDecision | Refused:
    """Decides on one item, locked, and a known patron. `past` is the loan of an off-line renewal
    as it was then; the dates of such an act are those of the rules all the same."""
    act, facts, borrower, set_up = known
    item = facts.item(set_up.branches[facts.home_branch_id])
    desk_branch = set_up.branches.get(act.desk.branch_id)
    if desk_branch is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), item, borrower.patron())
    loan, now = past or OPEN_LOAN.of(facts), act.now
    in_this_state = [] if past else refusals_in(state_of(facts, now), LoanAction.RENEW)
    if loan is None or loan.patron_id != borrower.id:
        if loan is not None:
            in_this_state = [Refusal(Reason.NOT_ON_LOAN_TO_PATRON)]
        today, counted = local_date(now, desk_branch.timezone), set_up.counted_at(desk_branch.id)
        in_this_state += patron_refusals(borrower, Action.RENEW, today, counted)
        return Refused(tuple(in_this_state), item, borrower.patron())

    case = _case(known, wish, loan)
    calendar = set_up.calendars[case.branch.id]
    happened = wish.happened if wish.no_block and not wish.is_told else None
    noted = wish.reporting.noted
    if wrong := date_refusals(act, happened, case.terms, case.branch.timezone, noted):
        return Refused(tuple(wrong), item, borrower.patron(), loan.loan())
    today, counted = local_date(case.at, calendar.timezone), set_up.counted_at(case.branch.id)
    found = patron_refusals(borrower, Action.RENEW, today, counted)
    found += renewal_refusals(
        loan, borrower.expires, case.terms, now=case.at, calendar=calendar, seen=wish.seen
    )
    found += in_this_state
    seen = look_at(RENEWING, case)
    for sight in seen:
        found += sight.refusals(case)
    if wish.by_owner:
        found = [each for each in found if each.reason is not Reason.RENEWAL_WINDOW_NOT_OPEN]
    if not wish.no_block and wish.overriding.left_of(found):
        return Refused(tuple(found), item, borrower.patron(), loan.loan())
    due = wish.due if wish.no_block or wish.by_owner else None
    if due is None:
        due = renewal_due(case.at, loan.due, case.terms, calendar, borrower.expires)
        for sight in seen:
            due = sight.bounded(case, due)
    if found and not wish.no_block and (due is None or due <= loan.due):
        return Refused(tuple(found), item, borrower.patron(), loan.loan())  # it would gain nothing
    if due is None or not wish.is_told:
        due = max(due or loan.due, loan.due)
    new = Loan(loan.id, loan.checked_out, due, loan.renewals + 1)
    return RenewalDecision(case, loan, new, tuple(found), seen)


def _case(known: Parties, wish: RenewalWish, loan: OpenLoan) -> LoanCase:
    act, item, borrower, set_up = known
    branch = set_up.branches[loan.branch_id]
    terms = set_up.lending_terms(
        branch.id, item.home_branch_id, borrower.category, item.material_group, borrower.agency_id
    )
    at = min(wish.happened, act.now) if wish.no_block and wish.happened else act.now
    return LoanCase(act, wish, item, loan, borrower, set_up, branch, terms, at)


def _perform(decision: RenewalDecision) -> Renewed:
    case, before, new = decision.case, decision.before, decision.loan
    transaction = case.act.transaction
    item, borrower, at = case.item, case.borrower, case.at
    charged = charge(decision.seen, case, new)
    opened = OPEN_LOAN.of(item)
    is_now = opened is not None and opened.id == new.id
    if is_now:
        count = prolong_loan(transaction, loan_id=new.id, due=new.due, renewals=new.renewals)
    else:
        count = set_due(transaction, loan_id=new.id, due=new.due, renewals=new.renewals)
    must_touch_one(count)
    written = Written(
        new,
        before={"due": before.due.isoformat(), "renewals": before.renewals},
        after={"due": new.due.isoformat(), "renewals": new.renewals},
    )
    if case.wish.no_block and case.wish.due is not None:
        written.after["told"] = case.wish.due.isoformat()
    for sight in decision.seen if is_now else ():
        sight.follow(case, written)
    written.after |= case.wish.overriding.noted(decision.overridden)
    append_event(
        case.act,
        NewEvent(
            EventKind.RENEWED,
            at=at,
            item_id=item.id,
            patron_id=borrower.id,
            loan_id=new.id,
            before=written.before,
            after=written.after,
            traits=traits_of(borrower, local_date(at, case.branch.timezone), item.material_group),
            is_silent=not is_now,
        ),
    )
    note_conflict(case, new.id, decision.overridden)
    note_late_day(case.act, at, case.branch)
    return Renewed(
        item.item(case.set_up.branches[item.home_branch_id]),
        borrower.patron(),
        new,
        previous_due=before.due,
        may_renew=new.renewals < case.terms.renewals,
        overridden=decision.overridden,
        charged=charged,
    )
