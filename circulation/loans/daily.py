"""What is done once a day about loans."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.jobs import Doing, Job, Step, end_of
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.conflicts import UNDONE_WITHIN, delete_settled, forget_settled
from circulation.loans.late_days import take_late_days
from circulation.loans.privacy import cut_old_history
from circulation.loans.statistics import count_day
from circulation.loans.waiting import try_some


def _history(doing: Doing) -> Step:
    cut, is_more = cut_old_history(doing.transaction, doing.day, doing.now)
    return Step({"loans cut": cut}, 0 if is_more else None)


def _statistics(doing: Doing) -> Step:
    """Count the day, and the days before it of which something has become known since."""
    late = take_late_days(doing.transaction, until=doing.day)
    days = sorted({*late, doing.day})
    return Step({"events counted": sum(count_day(doing.transaction, day) for day in days)})


#: How long staff can read what was done or settled.
_KEPT = timedelta(days=90)


def _off_line(doing: Doing) -> Step:
    """Try open off-line acts: a move may have loaded their cards and items."""
    tried = try_some(doing.act, doing.after)
    deleted = 0
    if tried.skip is None:
        forget_settled(doing.transaction, before=doing.now - UNDONE_WITHIN)
        deleted = delete_settled(doing.transaction, before=doing.now - _KEPT)
    return Step({"acts done": tried.done, "acts deleted": deleted}, tried.skip)


def _renewals(doing: Doing) -> Step:
    """Renews what falls due by the end of the next day; for a day long past that is nothing."""
    within = end_of(doing.day + timedelta(1)) - doing.now
    if within <= timedelta(0):
        return Step({"loans renewed": 0})
    done = renew_automatically(doing.act, within=within, after_id=doing.after)
    return Step({"loans renewed": len(done.renewed)}, done.last_id)


JOBS = (
    Job("off-line", "try off-line acts again that could not be done", _off_line),
    Job("renewals", "renew loans by themselves where the rules say so", _renewals),
    Job("statistics", "count the loans of the day", _statistics),
    Job("history", "cut ended loans from their patrons", _history),
)
