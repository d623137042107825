"""Who may do what: pure decisions on facts and terms, each giving all its refusals."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from circulation.calendars.days import next_date, parse_until
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.calendars.opening_hours import Calendar
from circulation.items.facts import ItemFacts
from circulation.kernel.loan_lengths import renewal_due
from circulation.kernel.policy import LoanTerms
from circulation.kernel.reasons import DENIED, Action, IdentifierBlock, Reason
from circulation.kernel.results import Loan, Refusal
from circulation.loans.facts import OPEN_LOAN, OpenLoan
from circulation.loans.of_patron import loans_of
from circulation.loans.states import LoanAction, LoanState, refusals_in, state_of
from circulation.patrons.facts import PatronFacts


def patron_refusals(
    patron: PatronFacts, action: Action, today: date, agencies: Collection[int]
) -> list[Refusal]:
    """Why the patron, with this identifier, may not do the action where the blocks of these
    agencies count (see `circulation.kernel.agreements.Agreements.counted_at`)."""
    refusals = []
    blocked = patron.blocked_identifier()
    if blocked in (IdentifierBlock.LOST, IdentifierBlock.STOLEN):
        refusals.append(Refusal(Reason.CARD_REPORTED_LOST))
    elif blocked is not None or patron.is_identifier_expired(today):
        refusals.append(Refusal(Reason.CARD_NOT_VALID))
    if patron.is_expired(today):
        refusals.append(Refusal(Reason.PATRON_EXPIRED))
    if patron.block_reasons:
        refusals += [
            Refusal(Reason.PATRON_BLOCKED, block=block)
            for block in patron.blocks(agencies)
            if action in DENIED[block]
        ]
    return refusals


def terms_refusals(terms: LoanTerms) -> list[Refusal]:
    """Why the rules give no loan at all."""
    if not terms.loanable:
        return [Refusal(Reason.ITEM_NOT_LOANABLE)]
    if terms.on_site_only:
        return [Refusal(Reason.ON_SITE_ONLY)]
    if not (terms.gives_length and terms.owner_lends):
        return [Refusal(Reason.NO_LOAN_POLICY)]
    return []


def until_refusals(terms: LoanTerms, today: date) -> list[Refusal]:
    """A rule that lends until a date that has passed gives no loan any more."""
    until = None if terms.loan_until is None else parse_until(terms.loan_until)
    if until is not None and next_date(until, today) is None:
        return [Refusal(Reason.NO_LOAN_POLICY)]
    return []


def check_out_refusals(
    item: ItemFacts,
    patron: PatronFacts,
    terms: LoanTerms,
    now: datetime,
    today: date,
    agencies: Collection[int],
) -> list[Refusal]:
    """Why the patron may not borrow the item now, where the blocks of `agencies` count.

    Whom a held item is for is decided by holds, under the lock of the queue.
    """
    refusals = patron_refusals(patron, Action.CHECK_OUT, today, agencies)
    loan, state = OPEN_LOAN.of(item), state_of(item, now)
    is_own = loan is not None and loan.patron_id == patron.id
    if state is not LoanState.HELD:
        action = LoanAction.CHECK_OUT_TO_HOLDER if is_own else LoanAction.CHECK_OUT
        refusals += refusals_in(state, action)
    if item.not_for_loan:
        refusals.append(Refusal(Reason.ITEM_NOT_LOANABLE))
    else:
        refusals += terms_refusals(terms) or until_refusals(terms, today)
    if not is_own:  # else the item itself is among the loans counted
        if terms.max_loans is not None and loans_of(patron).number >= terms.max_loans:
            refusals.append(Refusal(Reason.TOO_MANY_LOANS, limit=terms.max_loans))
        if (
            terms.max_loans_in_group is not None
            and loans_of(patron).of_group >= terms.max_loans_in_group
        ):
            refusals.append(Refusal(Reason.TOO_MANY_LOANS_IN_GROUP, limit=terms.max_loans_in_group))
    return refusals


def renewal_opens(due: datetime, terms: LoanTerms, timezone: str) -> datetime | None:
    """The first moment at which a renewal is within the window; None where it is always open."""
    if terms.renewal_window_days is None:
        return None
    first_day = local_date(due, timezone) - timedelta(days=terms.renewal_window_days)
    return end_of_day(first_day - timedelta(days=1), timezone) + timedelta(seconds=1)


def renewal_refusals(
    loan: Loan | OpenLoan,
    expires: date | None,
    terms: LoanTerms,
    *,
    now: datetime,
    calendar: Calendar,
    seen: bool = True,
) -> list[Refusal]:
    """Why the rules do not let a patron who may borrow until `expires` renew the loan now.

    `terms` and `calendar` are those of the branch that lent; `seen` says whether the item is at
    hand.
    """
    due, refusals = loan.due, terms_refusals(terms)
    if loan.renewals >= terms.renewals:
        refusals.append(Refusal(Reason.MAX_RENEWALS_REACHED, limit=terms.renewals))
    if not seen and not terms.renew_unseen:
        refusals.append(Refusal(Reason.ITEM_NOT_AT_HAND))
    if due < now and not terms.renew_overdue:
        refusals.append(Refusal(Reason.OVERDUE_NOT_RENEWABLE))
    opens = renewal_opens(due, terms, calendar.timezone)
    new_due = renewal_due(now, due, terms, calendar, expires)
    if opens is not None and now < opens:
        refusals.append(Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=opens))
    elif terms.gives_length and (new_due is None or new_due <= due):
        refusals.append(Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN))
    return refusals
