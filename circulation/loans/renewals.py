"""Renewals, of one loan and of all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.database import Transaction
from circulation.booking.at_loan import NO_BOUND, loan_bound, without_booked
from circulation.calendars.due_dates import local_date
from circulation.checks import patron_refusals, renewal_refusals
from circulation.fees.acts import charge_renewal
from circulation.fees.loan_fees import fee_refusals, price_of
from circulation.holds.facts import Copy, copies_of_record, holds_of_record
from circulation.holds.targeting import is_wanted_by_others, target_of
from circulation.interlending import following
from circulation.items.facts import ALL, ItemFacts, items_on_loan, lock_items_on_loan_to
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.loan_lengths import renewal_due
from circulation.kernel.reasons import Action, Reason
from circulation.kernel.results import Desk, Loan, Refusal, Refused, Renewed, RenewedAll
from circulation.kernel.set_up import SetUp
from circulation.loans.conflicts import note_conflict
from circulation.loans.rows import must_touch_one, prolong_loan
from circulation.loans.states import LoanAction, refusal_of, state_of
from circulation.parties import parties
from circulation.patrons.facts import PatronFacts, patron_facts
from circulation.patrons.identifiers import IDENTIFIERS
from circulation.patrons.pin_rules import check_pin
from circulation.patrons.traits import traits_of


def renew(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    item: str,
    now: datetime,
    pin: str | None = None,
    no_block: bool = False,
    happened: datetime | None = None,
    due: datetime | None = None,
    seen: bool = True,
    fee_acknowledged: bool | int = False,
    by_owner: bool = False,
) -> Renewed | Refused:
    """Moves the due date of the patron's loan of the item, or says everything that hinders it.

    The rules are those of the branch where the loan was made, and of the item's owner as for a
    check-out. `pin`, `no_block`, `happened` and
    `due` as in `circulation.loans.lending.check_out`; what is not on loan to the patron is refused
    even with `no_block`, and a due date is never brought forward. `seen` False tells that the item
    is not at hand (the patron renews from home): some rules renew what they see only.
    `by_owner`: the library that the item is borrowed from says that it is kept until `due`, or
    longer than before; it cannot be too early for that.
    `fee_acknowledged` as in `check_out`. A loan that is overdue is charged for being late until
    now; that is not asked for beforehand, being owed anyway.
    Raises VerificationNeeded (see `circulation.patrons.pins`).
    """
    known = parties(
        circulation,
        transaction,
        desk=desk,
        patron=patron,
        item=item,
        now=now,
        pin=pin,
        no_block=no_block,
        locks_patron=False,
    )
    if isinstance(known, Refused):
        return known
    facts, borrower, set_up = known
    now = facts.not_before_last_act(now)
    at = min(happened, now) if no_block and happened else now
    return _renew(
        circulation,
        transaction,
        set_up,
        desk,
        facts,
        borrower,
        at,
        now,
        no_block,
        due,
        seen,
        fee_acknowledged,
        by_owner,
    )


def renew_all(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    now: datetime,
    pin: str | None = None,
    fee_acknowledged: bool | int = False,
) -> RenewedAll | Refused:
    """Renews whatever can be renewed of the patron's loans (SIP2 65), the items not being at hand.

    Refused only where the patron is unknown or the PIN wrong.
    """
    borrower = patron_facts(transaction, IDENTIFIERS.of(circulation).stored(patron), now, "")
    if borrower is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    if wrong := check_pin(circulation, transaction, borrower, pin, desk, now):
        return Refused((wrong,))
    lock_items_on_loan_to(transaction, borrower.id)
    set_up = circulation.set_up(transaction, borrower.set_up_version)
    renewed, refused = [], []
    for facts in items_on_loan(transaction, borrower.id, ALL, 0):
        outcome = _renew(
            circulation,
            transaction,
            set_up,
            desk,
            facts,
            borrower,
            now,
            now,
            False,
            None,
            False,
            fee_acknowledged,
        )
        if isinstance(outcome, Renewed):
            renewed.append(outcome)
        else:
            refused.append(outcome)
    return RenewedAll(borrower.patron(), tuple(renewed), tuple(refused))


def _copies_for_holds(
    transaction: Transaction, set_up: SetUp, facts: ItemFacts, now: datetime
) -> list[Copy]:
    """The copies that those who wait for the title may be served with."""
    copies = copies_of_record(transaction, facts.record_id)
    if not facts.bookings:
        return copies
    return without_booked(transaction, set_up, facts.record_id, copies, now)


def _renew(
    circulation: Circulation,
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    facts: ItemFacts,
    borrower: PatronFacts,
    at: datetime,
    now: datetime,
    no_block: bool,
    due: datetime | None,
    seen: bool,
    fee_acknowledged: bool | int,
    by_owner: bool = False,
) -> Renewed | Refused:
    """Decides on one item, locked, and a known patron."""
    item = facts.item(set_up.branches[facts.home_branch_id])
    desk_branch = set_up.branches.get(desk.branch_id)
    if desk_branch is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), item, borrower.patron())
    loan = facts.loan()
    if loan is None or facts.loan_branch_id is None or facts.borrower_id != borrower.id:
        today = local_date(now, desk_branch.timezone)
        reason = Reason.ITEM_NOT_ON_LOAN if loan is None else Reason.NOT_ON_LOAN_TO_PATRON
        hindrances = [
            Refusal(reason),
            *patron_refusals(borrower, Action.RENEW, today, set_up.counted_at(desk_branch.id)),
        ]
        return Refused(tuple(hindrances), item, borrower.patron())

    branch = set_up.branches[facts.loan_branch_id]
    terms = set_up.lending_terms(
        branch.id,
        facts.home_branch_id,
        borrower.category,
        facts.material_group,
        borrower.agency_id,
    )
    calendar = set_up.calendars[branch.id]
    found = renewal_refusals(
        loan.due,
        loan.renewals,
        borrower,
        terms,
        now=at,
        calendar=calendar,
        agencies=set_up.counted_at(branch.id),
        seen=seen,
    )
    if hindrance := refusal_of(state_of(facts, now), LoanAction.RENEW):
        found.append(Refusal(hindrance))
    if facts.interlibrary_id is not None:
        found += following.renewal_refusals(transaction, facts)
    if facts.loan_recalled is not None and facts.open_holds:
        found.append(Refusal(Reason.LOAN_RECALLED))
    if facts.open_holds and is_wanted_by_others(
        target_of(facts),
        borrower.id,
        holds_of_record(transaction, facts.record_id),
        _copies_for_holds(transaction, set_up, facts, now),
        set_up,
        now,
    ):
        found.append(Refusal(Reason.WANTED_BY_ANOTHER))
    wished = renewal_due(at, loan.due, terms, calendar, borrower.expires)
    bound = NO_BOUND
    if facts.is_spoken_for:
        bound = loan_bound(transaction, set_up, facts, borrower.id, now, is_renewal=True)
        own_terms = set_up.terms(facts.home_branch_id, borrower.category, facts.material_group)
        hindrance = bound.renewal_refusal(loan.due, wished, own_terms, branch.timezone, now)
        if hindrance is not None:
            found.append(Refusal(hindrance))
    price, currency = price_of(
        set_up, "renewal_fee", branch.id, borrower.category, facts.material_group, at
    )
    found += fee_refusals(price, currency, fee_acknowledged)
    if by_owner:
        found = [each for each in found if each.reason is not Reason.RENEWAL_WINDOW_NOT_OPEN]
    if found and not no_block:
        return Refused(tuple(found), item, borrower.patron(), loan)

    promised = (
        due if (no_block or by_owner) and due else bound.bounded(wished, branch.timezone, now)
    )
    new_due = max(promised or loan.due, loan.due)
    new = Loan(loan.id, loan.checked_out, new_due, loan.renewals + 1)
    charged = charge_renewal(
        circulation, transaction, set_up, desk, facts, borrower, at=at, now=now
    )
    must_touch_one(prolong_loan(transaction, new.id, new.due, new.renewals))
    if facts.interlibrary_id is not None:
        following.follow_renewal(transaction, desk, facts, new, loan.due, now)
    after: dict[str, Any] = {"due": new.due.isoformat(), "renewals": new.renewals}
    if found:
        after["overridden"] = [refusal.reason.name for refusal in found]
    write_event(
        transaction,
        EventKind.RENEWED,
        desk,
        at,
        recorded=now if at != now else None,
        item_id=facts.id,
        patron_id=borrower.id,
        loan_id=loan.id,
        before={"due": loan.due.isoformat(), "renewals": loan.renewals},
        after=after,
        traits=traits_of(borrower, local_date(at, branch.timezone), facts.material_group),
    )
    if found:
        note_conflict(
            transaction,
            desk,
            loan_id=loan.id,
            item_id=facts.id,
            patron_id=borrower.id,
            overridden=found,
            now=now,
        )
    return Renewed(
        item,
        borrower.patron(),
        new,
        previous_due=loan.due,
        may_renew=new.renewals < terms.renewals,
        overridden=tuple(found),
        charged=charged,
    )
