"""Who may do what: pure decisions on facts and terms, each giving all its refusals."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from circulation.due_dates import due_at, end_of_day, local_date
from circulation.facts import ItemFacts, PatronFacts
from circulation.pins import PinVerifier
from circulation.policy import LoanTerms
from circulation.reasons import DENIED, Action, IdentifierBlock, Reason
from circulation.results import Refusal


def pin_refusal(pins: PinVerifier, patron: PatronFacts, pin: str | None) -> Refusal | None:
    """Why the PIN does not open the patron's account; None where it does or none is asked for.

    Raises VerificationNeeded where the verdict is not known yet.
    """
    if pin is None:
        return None
    if not pin:
        return Refusal(Reason.PIN_MISSING)
    if patron.pin_hash is None or not pins.check(patron.pin_hash, pin):
        return Refusal(Reason.PIN_WRONG)
    return None


def patron_refusals(patron: PatronFacts, action: Action, today: date) -> list[Refusal]:
    """Why the patron, with this identifier, may not do the action."""
    refusals = []
    blocked = patron.blocked_identifier()
    if blocked in (IdentifierBlock.LOST, IdentifierBlock.STOLEN):
        refusals.append(Refusal(Reason.CARD_REPORTED_LOST))
    elif blocked is not None:
        refusals.append(Refusal(Reason.CARD_NOT_VALID))
    if patron.is_expired(today):
        refusals.append(Refusal(Reason.PATRON_EXPIRED))
    refusals += [
        Refusal(Reason.PATRON_BLOCKED, block=block)
        for block in patron.blocks()
        if action in DENIED[block]
    ]
    return refusals


def terms_refusals(terms: LoanTerms) -> list[Refusal]:
    """Why the rules give no loan at all."""
    if not terms.loanable:
        return [Refusal(Reason.ITEM_NOT_LOANABLE)]
    if terms.loan_days is None:
        return [Refusal(Reason.NO_LOAN_POLICY)]
    return []


def check_out_refusals(
    item: ItemFacts, patron: PatronFacts, terms: LoanTerms, today: date
) -> list[Refusal]:
    """Why the patron may not borrow the item now."""
    refusals = patron_refusals(patron, Action.CHECK_OUT, today)
    if item.borrower_id == patron.id:
        refusals.append(Refusal(Reason.ALREADY_ON_LOAN_TO_PATRON))
    elif item.loan_id is not None:
        refusals.append(Refusal(Reason.ON_LOAN_TO_ANOTHER))
    refusals += terms_refusals(terms)
    if item.borrower_id != patron.id:  # else the item itself is among the loans counted
        if terms.max_loans is not None and patron.loans >= terms.max_loans:
            refusals.append(Refusal(Reason.TOO_MANY_LOANS, limit=terms.max_loans))
        if terms.max_loans_in_group is not None and patron.group_loans >= terms.max_loans_in_group:
            refusals.append(Refusal(Reason.TOO_MANY_LOANS_IN_GROUP, limit=terms.max_loans_in_group))
    return refusals


def renewal_opens(due: datetime, terms: LoanTerms, timezone: str) -> datetime | None:
    """The first moment at which a renewal is within the window; None where it is always open."""
    if terms.renewal_window_days is None:
        return None
    first_day = local_date(due, timezone) - timedelta(days=terms.renewal_window_days)
    return end_of_day(first_day - timedelta(days=1), timezone) + timedelta(seconds=1)


def renewal_due(now: datetime, terms: LoanTerms, timezone: str) -> datetime | None:
    """When a loan renewed now would be due; None where no rule says."""
    days = terms.loan_days if terms.renewal_days is None else terms.renewal_days
    return None if days is None else due_at(now, days, timezone)


def renewal_refusals(
    due: datetime,
    renewals: int,
    patron: PatronFacts,
    terms: LoanTerms,
    *,
    now: datetime,
    timezone: str,
) -> list[Refusal]:
    """Why the patron's loan, due at `due` and renewed `renewals` times, cannot be renewed now."""
    refusals = patron_refusals(patron, Action.RENEW, local_date(now, timezone))
    refusals += terms_refusals(terms)
    if renewals >= terms.renewals:
        refusals.append(Refusal(Reason.MAX_RENEWALS_REACHED, limit=terms.renewals))
    if due < now and not terms.renew_overdue:
        refusals.append(Refusal(Reason.OVERDUE_NOT_RENEWABLE))
    opens = renewal_opens(due, terms, timezone)
    new_due = renewal_due(now, terms, timezone)
    if opens is not None and now < opens:
        refusals.append(Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN, opens=opens))
    elif new_due is not None and new_due <= due:
        refusals.append(Refusal(Reason.RENEWAL_WINDOW_NOT_OPEN))
    return refusals
