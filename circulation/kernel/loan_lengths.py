"""When a loan, a renewal or a recalled loan is due, as the rules and the branch's calendar say.

Loans for days are due at the end of a day, loans for hours at a minute. What the calendar does to a
due date is said by the rules (`LoanTerms.closed_days`): pushed to the next open day, or the next
opening, or left alone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from circulation.calendars.days import next_date, parse_until
from circulation.calendars.due_dates import end_of_day, local_date
from circulation.calendars.opening_hours import Calendar
from circulation.kernel.policy import LoanTerms


def loan_due(
    at: datetime, terms: LoanTerms, calendar: Calendar, expires: date | None
) -> datetime | None:
    """When a loan made at `at` at the branch of the calendar is due; None where no rule says.

    `expires` is the last day of the patron's card, None where it has none.
    """
    return _within_card(_length_after(at, terms, calendar), at, terms, calendar, expires)


def renewal_due(
    now: datetime, due: datetime, terms: LoanTerms, calendar: Calendar, expires: date | None
) -> datetime | None:
    """When the loan due at `due` would be due if renewed now; None where no rule says.

    A renewal from the due date counts from now where that is past.
    """
    start = max(due, now) if terms.renewal_from == "due" else now
    if terms.renewal_days is None:
        renewed = _length_after(start, terms, calendar)
    else:
        renewed = _after_days(start, terms.renewal_days, terms, calendar)
    return _within_card(renewed, now, terms, calendar, expires)


def recall_due(
    made: datetime, due: datetime, now: datetime, terms: LoanTerms, calendar: Calendar
) -> datetime | None:
    """When a loan made at `made` and due at `due` is due if it is recalled now.

    None where the rules recall nothing, or the loan ends no later as it is.
    """
    if terms.recall_days is None:
        return None
    guaranteed = _after_days(made, terms.recall_days, terms, calendar)
    earliest = max(guaranteed, _after_days(now, terms.recall_notice_days, terms, calendar))
    return earliest if earliest < due else None


def _length_after(at: datetime, terms: LoanTerms, calendar: Calendar) -> datetime | None:
    """The length of a loan after `at`, moved on past closed days where the rules say so."""
    if terms.loan_until is not None:
        fixed = parse_until(terms.loan_until)
        day = None if fixed is None else next_date(fixed, local_date(at, calendar.timezone))
        return None if day is None else _end_of(day, terms, calendar)
    if terms.loan_hours is not None:
        due = _full_minute(at) + timedelta(hours=terms.loan_hours)
        return calendar.next_opening(due) if terms.closed_days == "push" else due
    return None if terms.loan_days is None else _after_days(at, terms.loan_days, terms, calendar)


def _after_days(at: datetime, days: int, terms: LoanTerms, calendar: Calendar) -> datetime:
    return _end_of(local_date(at, calendar.timezone) + timedelta(days=days), terms, calendar)


def _end_of(day: date, terms: LoanTerms, calendar: Calendar) -> datetime:
    if terms.closed_days == "push":
        day = calendar.next_open_day(day)
    return end_of_day(day, calendar.timezone)


def _within_card(
    due: datetime | None, at: datetime, terms: LoanTerms, calendar: Calendar, expires: date | None
) -> datetime | None:
    """No later than the end of the card's last day, where the rules say so.

    A card that has expired at `at` sets no bound: such a loan is forced.
    """
    if due is None or not terms.within_card or expires is None:
        return due
    if expires < local_date(at, calendar.timezone):
        return due
    return min(due, end_of_day(expires, calendar.timezone))


def _full_minute(at: datetime) -> datetime:
    """The minute that has begun counts as the borrower's: the next full one."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + timedelta(minutes=1)
