"""Check-out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from catalogue.database import Transaction
from circulation.booking.at_loan import NO_BOUND, LoanBound, loan_bound, note_booking_loan
from circulation.calendars.due_dates import due_at, local_date
from circulation.checks import check_out_refusals
from circulation.fees.acts import charge_loan, charge_return, lock_who_owes
from circulation.fees.loan_fees import fee_refusals, price_of
from circulation.holds.fulfilment import HoldsAtLoan, holds_at_loan, settle_holds
from circulation.interlending.following import bounded_by_owner, follow_check_out
from circulation.items.facts import ItemFacts
from circulation.items.transits import end_transit
from circulation.kernel.engine import Circulation
from circulation.kernel.events import EventKind, write_event
from circulation.kernel.loan_lengths import loan_due
from circulation.kernel.reasons import Reason
from circulation.kernel.results import ChargedFee, CheckedOut, Desk, Loan, Refusal, Refused
from circulation.kernel.set_up import SetUp
from circulation.loans.conflicts import note_conflict
from circulation.loans.limits import with_counted_groups
from circulation.loans.lost import forget_missing
from circulation.loans.rows import begin_loan, end_loan, must_touch_one
from circulation.loans.undo import state_before
from circulation.parties import parties
from circulation.patrons.traits import traits_of

#: For a loan that happened off line, of something that no rule gives a loan period for.
FALLBACK_LOAN_DAYS = 28


def check_out(
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
    fee_acknowledged: bool | int = False,
    wanted_until: datetime | None = None,
    for_hold: int | None = None,
) -> CheckedOut | Refused:
    """Lends the item with barcode `item` to the patron with identifier `patron`.

    `pin` None means that no PIN is asked for; an empty one is refused with PIN_MISSING.
    A second check-out of an item by its borrower is refused with ALREADY_ON_LOAN_TO_PATRON, and
    `Refused.loan` shows that loan; a protocol may go on to `renew`.

    `no_block` (SIP2 11: the loan has happened already, off line) accepts the loan whatever the
    rules say and asks for no PIN: at `happened` and until `due`, where given. What would have been
    refused is listed in `CheckedOut.overridden` and kept in the event. Only an unknown patron,
    item or branch is refused then. A loan that was open at `happened` ends there; before one that
    began later the loan is recorded as ended. Without `no_block`, `happened` and `due` have no
    effect.

    Where the rules make the loan cost something, `fee_acknowledged` says whether the patron has
    agreed to it, or up to how many minor units; else it is refused with FEE_NOT_ACKNOWLEDGED, which
    names the price.

    `wanted_until` shortens the loan: it is for no longer than that, nor than the rules have it.
    `for_hold` is the hold of the patron's that it fulfils, where the item suits several.

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
        locks_patron=True,
    )
    if isinstance(known, Refused):
        return known
    facts, borrower, set_up = known
    now = facts.not_before_last_act(now)
    home = set_up.branches[facts.home_branch_id]
    branch = set_up.branches.get(desk.branch_id)
    if branch is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), facts.item(home), borrower.patron())

    terms = set_up.lending_terms(
        branch.id, home.id, borrower.category, facts.material_group, borrower.agency_id
    )
    borrower, terms = with_counted_groups(transaction, borrower, terms)
    counted = set_up.counted_at(branch.id)
    today = local_date(now, branch.timezone)
    found = check_out_refusals(facts, borrower, terms, today, counted)
    at = min(happened, now) if no_block and happened else now
    if no_block:
        lock_who_owes(transaction, facts, at)
    held = holds_at_loan(transaction, facts, borrower.id, for_hold)
    if held.is_for_another:
        found.append(Refusal(Reason.ON_HOLD_FOR_ANOTHER))
    calendar = set_up.calendars[branch.id]
    bound = NO_BOUND
    if facts.is_spoken_for and (no_block or facts.loan_id is None):
        bound = loan_bound(transaction, set_up, facts, borrower.id, now)
        promised = loan_due(at, terms, calendar, borrower.expires)
        own_terms = set_up.terms(home.id, borrower.category, facts.material_group)
        if hindrance := bound.refusal(promised, own_terms, branch.timezone, now):
            found.append(Refusal(hindrance))
    price, currency = price_of(
        set_up, "loan_fee", branch.id, borrower.category, facts.material_group, at
    )
    found += fee_refusals(price, currency, fee_acknowledged)
    if found and not no_block:
        own_loan = facts.loan() if facts.borrower_id == borrower.id else None
        return Refused(tuple(found), facts.item(home), borrower.patron(), own_loan)

    charged: tuple[ChargedFee, ...] = ()
    if no_block and facts.borrower_id == borrower.id and at <= (facts.loan_checked_out or at):
        loan = facts.loan()  # the same report once more
        assert loan is not None
    else:
        until = due if no_block and due else None
        until = until or bound.bounded(
            bounded_by_owner(facts, loan_due(at, terms, calendar, borrower.expires)),
            branch.timezone,
            now,
        )
        until = until or due_at(at, FALLBACK_LOAN_DAYS, branch.timezone)
        if wanted_until is not None and wanted_until > at:
            until = min(until, wanted_until)
        loan = Loan(circulation.ids.next(now), at, until, 0)
        traits = traits_of(borrower, local_date(at, branch.timezone), facts.material_group)
        if facts.loan_id is not None and at >= (facts.loan_checked_out or at):
            charge_return(circulation, transaction, set_up, desk, facts, at, branch, now)
        if price:
            charged = charge_loan(
                circulation, transaction, set_up, desk, facts, borrower, loan.id, now
            )
        _begin(transaction, set_up, desk, facts, borrower.id, loan, now, found, held, bound, traits)
    return CheckedOut(
        facts.item(home),
        borrower.patron(),
        loan,
        may_renew=loan.renewals < terms.renewals,
        overridden=tuple(found),
        charged=charged,
    )


def _begin(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    item: ItemFacts,
    patron_id: int,
    loan: Loan,
    now: datetime,
    overridden: list[Refusal],
    held: HoldsAtLoan,
    bound: LoanBound,
    traits: dict[str, Any],
) -> None:
    """Writes the loan, and what it means for an open loan, a transit and holds of the item."""
    recorded = now if loan.checked_out != now else None
    ended: datetime | None = None
    if item.loan_id is not None and item.loan_checked_out is not None:
        if item.loan_checked_out > loan.checked_out:
            ended = item.loan_checked_out
        else:
            must_touch_one(end_loan(transaction, item.loan_id, loan.checked_out, desk.branch_id))
            write_event(
                transaction,
                EventKind.CHECKED_IN,
                desk,
                loan.checked_out,
                recorded=recorded,
                item_id=item.id,
                patron_id=item.borrower_id,
                loan_id=item.loan_id,
                after={"ended_by_loan": loan.id},
                set_up=set_up,
            )
    elif item.transit_to_id is not None:
        end_transit(transaction, item.id)
    elif item.missing_since is not None:
        forget_missing(transaction, item.id)
    begin_loan(
        transaction,
        loan.id,
        item.id,
        patron_id,
        desk.branch_id,
        item.material_group,
        loan.checked_out,
        loan.due,
        0,
        ended,
        None if ended is None else desk.branch_id,
    )
    if ended is None:
        settle_holds(transaction, desk, item.id, held, now)
        follow_check_out(transaction, desk, item, held.own and held.own.id, loan, now)
    after: dict[str, Any] = {"due": loan.due.isoformat()}
    if bound.own is not None and ended is None:
        note_booking_loan(transaction, loan.id, bound.own)
        after["booking"] = bound.own.booking_id
    if overridden:
        after["overridden"] = [refusal.reason.name for refusal in overridden]
    if ended is not None:
        after["ended"] = ended.isoformat()
    write_event(
        transaction,
        EventKind.CHECKED_OUT,
        desk,
        loan.checked_out,
        recorded=recorded,
        item_id=item.id,
        patron_id=patron_id,
        loan_id=loan.id,
        hold_id=held.own.id if held.own and ended is None else None,
        before=state_before(item, held),
        after=after,
        traits=traits,
        set_up=set_up,
    )
    if overridden:
        note_conflict(
            transaction,
            desk,
            loan_id=loan.id,
            item_id=item.id,
            patron_id=patron_id,
            overridden=overridden,
            now=now,
        )
