"""Closures that were announced while a loan had ended, was claimed, lost or suspended.

They gave it no new date. It gets one once its due date counts again.
"""

from __future__ import annotations

from circulation.calendars.due_dates import local_date, moved_past_closing
from circulation.calendars.rows import closure_rows
from circulation.closures.redating import ClosedDays, NewDates, Redated, give_new_dates
from circulation.loans.due_again import DueAgain


def move_past_closure(case: DueAgain) -> None:
    """Give the loan a new date, and the patron a message, if a closure includes its due date."""
    act, set_up, item, loan = case
    branch, calendar = set_up.branches[loan.branch_id], set_up.calendars[loan.branch_id]
    day = local_date(loan.due, calendar.timezone)
    if day < local_date(act.now, calendar.timezone) or not calendar.closures_on(day):
        return
    due = moved_past_closing(loan.due, calendar)
    if due == loan.due:  # the branch does not open again
        return
    closure = next(
        each
        for each in closure_rows(act.transaction)
        if each.branch_id == branch.id and each.first <= day <= each.last
    )
    period = ClosedDays(closure.first, closure.last, closure.reason)
    moved = Redated(loan.id, item.id, item.barcode, loan.patron_id, loan.due, due)
    give_new_dates(act, [NewDates(branch, ("closure", closure.id), (period,), (moved,), ())])
