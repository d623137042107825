"""What is done once a day: jobs that may be run for any day, and again, without harm.

A job is a step that does a part of the work for a day and says whether there is more; every step
is a transaction of its own, so that nothing waits long for a night's work. A job works from the
day and from what the database holds, never from whether it has run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from catalogue.database import Transaction
from circulation.booking.closing import close_bookings_over
from circulation.booking.placements import move_placements
from circulation.callers.replies import forget_replies
from circulation.digital_post.receipts import forget_unknown_receipts
from circulation.dunning.acts import Run
from circulation.dunning.claims import follow_charges
from circulation.dunning.debt_steps import run_debts
from circulation.dunning.loan_steps import run_loans
from circulation.dunning.warnings import warn_debts
from circulation.fees.debts import block_warned
from circulation.holds.expiry import AT_MOST, expire_holds
from circulation.holds.purge import purge_holds
from circulation.holds.recalls import recall_for_holds_that_begin
from circulation.interlending.exchanges import forget_exchanges
from circulation.interlending.lists import clear_up
from circulation.kernel.engine import Circulation
from circulation.loans.auto_renewals import renew_automatically
from circulation.loans.privacy import cut_old_history
from circulation.loans.statistics import count_day
from circulation.notices.dated import DATED, notices_of_day
from circulation.notices.gathering import gather
from circulation.notices.privacy import forget_incoming_texts, forget_old_notices
from circulation.notices.reach import reached_at
from circulation.notices.unfillable import tell_of_unfillable
from circulation.patrons.access_log import forget_accesses
from circulation.patrons.pin_rules import forget_old_failures

#: How long the log of who looked at patrons is kept.
ACCESS_LOG_DAYS = 365
#: How long answers are kept for machines that ask again: far longer than any of them tries.
REPLY_HOURS = 2


class Step(NamedTuple):
    """What a step has done, and from where the next goes on; None: the job is done.

    `told` are lines for people: what was done for whom, and why.
    """

    counts: dict[str, int]
    goes_on: int | None = None
    told: tuple[dict[str, Any], ...] = ()


class Doing(NamedTuple):
    """What a step is given: the day that the job is for, the present, and where to go on."""

    circulation: Circulation
    transaction: Transaction
    day: date
    now: datetime
    after: int

    @property
    def until(self) -> datetime:
        """The end of the day, but never in the future: what counts today must go on counting."""
        return min(_end_of(self.day), self.now)


class Job(NamedTuple):
    """A job, and what it is for in a few words."""

    about: str
    step: Callable[[Doing], Step]


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(1), time(), UTC)


def _history(doing: Doing) -> Step:
    cut, is_more = cut_old_history(doing.transaction, doing.day, doing.now)
    return Step({"loans cut": cut}, 0 if is_more else None)


def _statistics(doing: Doing) -> Step:
    return Step({"events counted": count_day(doing.transaction, doing.day)})


def _pins(doing: Doing) -> Step:
    return Step({"tries forgotten": forget_old_failures(doing.transaction, doing.until)})


def _holds(doing: Doing) -> Step:
    ended = len(expire_holds(doing.transaction, now=doing.until))
    return Step({"holds ended": ended}, 0 if ended == AT_MOST else None)


def _recalls(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    recalled, goes_on = recall_for_holds_that_begin(
        doing.transaction, set_up, day=doing.day, now=doing.now, after=doing.after
    )
    return Step({"loans recalled": len(recalled)}, goes_on)


def _closed_holds(doing: Doing) -> Step:
    purged, is_more = purge_holds(doing.transaction, doing.until)
    return Step({"holds deleted": purged}, 0 if is_more else None)


def _renewals(doing: Doing) -> Step:
    """Renews what falls due by the end of the next day; for a day long past that is nothing."""
    within = _end_of(doing.day + timedelta(1)) - doing.now
    if within <= timedelta(0):
        return Step({"loans renewed": 0})
    done = renew_automatically(
        doing.circulation, doing.transaction, now=doing.now, within=within, after_id=doing.after
    )
    return Step({"loans renewed": len(done.renewed)}, done.last_id)


def _bookings(doing: Doing) -> Step:
    ended, goes_on = close_bookings_over(
        doing.transaction, day=doing.day, now=doing.now, after=doing.after
    )
    return Step({"bookings ended": ended}, goes_on)


def _placements(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    sent, goes_on = move_placements(
        doing.transaction, set_up, day=doing.day, now=doing.now, after=doing.after
    )
    return Step({"items sent on": sent}, goes_on)


def _access_log(doing: Doing) -> Step:
    before = doing.until - timedelta(days=ACCESS_LOG_DAYS)
    return Step({"lines deleted": forget_accesses(doing.transaction, before)})


def _replies(doing: Doing) -> Step:
    deleted, is_more = forget_replies(doing.transaction, doing.until - timedelta(hours=REPLY_HOURS))
    return Step({"answers deleted": deleted}, 0 if is_more else None)


def _exchanges(doing: Doing) -> Step:
    deleted, is_more = forget_exchanges(doing.transaction, doing.until)
    return Step({"exchanges deleted": deleted}, 0 if is_more else None)


def _temporary_items(doing: Doing) -> Step:
    gone, goes_on = clear_up(doing.circulation, doing.transaction, now=doing.now, after=doing.after)
    return Step({"items removed": gone}, goes_on)


def _debts(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    blocked, goes_on = block_warned(
        doing.transaction, set_up, reached_at, now=doing.until, after=doing.after
    )
    return Step({"patrons blocked": len(blocked)}, goes_on)


def _of_flow(run: Run) -> Step:
    return Step(run.counts, run.goes_on, tuple(each._asdict() for each in run.told))


def _dunning(doing: Doing) -> Step:
    circulation, transaction, day, now, after = doing
    return _of_flow(run_loans(circulation, transaction, day=day, now=now, after=after))


def _reminders(doing: Doing) -> Step:
    circulation, transaction, day, now, after = doing
    return _of_flow(run_debts(circulation, transaction, day=day, now=now, after=after))


def _warnings(doing: Doing) -> Step:
    circulation, transaction, day, now, after = doing
    return _of_flow(warn_debts(circulation, transaction, day=day, now=now, after=after))


def _collection(doing: Doing) -> Step:
    changed, withdrawn, goes_on = follow_charges(
        doing.transaction, now=doing.now, after=doing.after
    )
    return Step({"claims changed": changed, "claims withdrawn": withdrawn}, goes_on)


def _unfillable(doing: Doing) -> Step:
    told, goes_on = tell_of_unfillable(
        doing.circulation, doing.transaction, now=doing.now, after=doing.after
    )
    return Step({"notices": told}, goes_on)


def _notices(doing: Doing) -> Step:
    """First notices of what has happened, then of what is near: `after` says how far the job has
    come."""
    circulation, transaction, day, now, after = doing
    which, place = after >> _PLACE, after & ((1 << _PLACE) - 1)
    if which == 0:
        made, more = gather(circulation, transaction, now=now, after=place)
    else:
        made, more = notices_of_day(
            circulation, transaction, which=DATED[which - 1], day=day, now=now, after=place
        )
    goes_on = (which + 1) << _PLACE if which < len(DATED) else None
    if more is not None:
        goes_on = which << _PLACE | more
    return Step({"notices": made}, goes_on)


#: Room for any id below the number of the part.
_PLACE = 63


def _old_notices(doing: Doing) -> Step:
    set_up = doing.circulation.current_set_up(doing.transaction)
    cut, goes_on = forget_old_notices(
        doing.transaction, set_up, until=doing.until, after=doing.after
    )
    texts = 0 if goes_on else forget_incoming_texts(doing.transaction, doing.until)
    receipts = 0 if goes_on else forget_unknown_receipts(doing.transaction, doing.until)
    counts = {"notices anonymised": cut, "texts deleted": texts, "receipts deleted": receipts}
    return Step(counts, goes_on)


#: By name, in the order in which they are run.
JOBS: dict[str, Job] = {
    "renewals": Job("renew loans by themselves where the rules say so", _renewals),
    "holds": Job("end holds whose interest period is over", _holds),
    "recalls": Job("recall loans for holds that begin", _recalls),
    "dunning": Job("tell of loans that are due soon or overdue, and bill them", _dunning),
    "reminders": Job("remind of what is owed, and hand it over for collection", _reminders),
    "warnings": Job("warn who will be blocked for what they owe", _warnings),
    "collection": Job("bring claims up to date with what was paid or returned", _collection),
    "debts": Job("block who was warned of a debt and owes it still", _debts),
    "bookings": Job("end bookings whose last day is past", _bookings),
    "placements": Job("send deposits and themes to their next station, or home", _placements),
    "unfillable-holds": Job("tell who waits for what no copy can fill", _unfillable),
    "notices": Job("make messages of what has happened, and of what is near", _notices),
    "old-notices": Job("forget what old messages said", _old_notices),
    "statistics": Job("count the loans of the day", _statistics),
    "history": Job("cut ended loans from their patrons", _history),
    "closed-holds": Job("delete holds that ended some weeks ago", _closed_holds),
    "pins": Job("forget wrong PINs that count no more", _pins),
    "access-log": Job("delete old lines of the access log", _access_log),
    "interlibrary": Job(
        "take away what was borrowed elsewhere and had to stay for what was owed",
        _temporary_items,
    ),
    "exchanges": Job("delete what was kept of exchanges with partners", _exchanges),
    "replies": Job("delete answers kept for machines that ask again", _replies),
}
