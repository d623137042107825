"""What is done once a day about loans."""

from __future__ import annotations

from datetime import timedelta

from circulation.kernel.jobs import Doing, Job, Step, end_of
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.privacy import cut_old_history
from circulation.loans.statistics import count_day


def _history(doing: Doing) -> Step:
    cut, is_more = cut_old_history(doing.transaction, doing.day, doing.now)
    return Step({"loans cut": cut}, 0 if is_more else None)


def _statistics(doing: Doing) -> Step:
    return Step({"events counted": count_day(doing.transaction, doing.day)})


def _renewals(doing: Doing) -> Step:
    """Renews what falls due by the end of the next day; for a day long past that is nothing."""
    within = end_of(doing.day + timedelta(1)) - doing.now
    if within <= timedelta(0):
        return Step({"loans renewed": 0})
    done = renew_automatically(doing.act, within=within, after_id=doing.after)
    return Step({"loans renewed": len(done.renewed)}, done.last_id)


JOBS = (
    Job("renewals", "renew loans by themselves where the rules say so", _renewals),
    Job("statistics", "count the loans of the day", _statistics),
    Job("history", "cut ended loans from their patrons", _history),
)
