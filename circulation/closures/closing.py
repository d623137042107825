"""Emergency closures: a branch closes at once, and what was to happen there is given new dates.

A closure and everything it moves are one transaction. Fees for having been late on its days are
reckoned again (`circulation.fees.redating`). Loans of the branch that fall due while it
is closed, and items that would leave its pickup shelf then, get the next day on which it is open;
nothing is ever brought forward, and each patron is sent one message. Announcing the same closure
again adds nothing, but takes up what came in between: a loan made in the same moment, say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    scalar_one,
)
from circulation.calendars.due_dates import end_of_day, start_of_day
from circulation.calendars.opening_hours import Calendar, ClosedPeriod
from circulation.calendars.rows import closure_rows
from circulation.calendars.schema import closures
from circulation.closures.redating import (
    ClosedDays,
    NewDates,
    Redated,
    falling_due,
    give_new_dates,
    lock_items,
    on_shelf,
    redate,
)
from circulation.closures.redirected import restore_pickup_branches
from circulation.fees.redating import ReckonedAgain, reckon_again, reduce_again
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.set_up import SetUp, lock_set_up, read_set_up, set_up_changed
from circulation.languages.sentences import Sentence

#: A branch that closes for longer is not closed in an emergency: its calendar should say so.
LONGEST = timedelta(days=400)


class UnfitAlternative(ValueError):
    """The alternative of a closure is no other branch of the agency."""


@dataclass(frozen=True, slots=True)
class Closure:
    """A closure and what it moves, announced or only thought about.

    `reopens` is the first open day after it; None where the branch's calendar has none for years,
    and then nothing is moved.
    """

    branch: Branch
    first: date
    last: date
    reopens: date | None
    loans: tuple[Redated, ...]
    pickups: tuple[Redated, ...]
    fees: tuple[ReckonedAgain, ...] = ()  # for lateness, of loans that have ended


class ClosureChange(NamedTuple):
    """A closure that is announced now, or lifted."""

    branch: Branch
    first: date
    last: date
    is_lifted: bool


#: Called after a closure was announced or lifted.
CLOSURE_CHANGED: Registry[Callable[[Act, ClosureChange], None]] = Registry(
    "closures.closing:CLOSURE_CHANGED"
)


@scalar_one(int)
def _insert_closure(
    *,
    branch_id: int,
    first: date,
    last: date,
    reason: str,
    announced: datetime,
    alternative_id: int | None,
) -> Statement:
    return insert(closures).values(locals()).returning(closures.c.id)


@change
def _name_alternative(*, closure_id: int, alternative_id: int) -> Statement:
    """Change the alternative of a closure that names another or none."""
    is_other = closures.c.alternative_id.is_distinct_from(alternative_id)
    its = update(closures).where(closures.c.id == closure_id, is_other)
    return its.values(alternative_id=alternative_id)


@change
def _delete_closure(*, closure_id: int) -> Statement:
    return delete(closures).where(closures.c.id == closure_id)


def preview_closure(
    transaction: Transaction, *, branch: str, first: date, last: date
) -> Closure | Refused:
    """What closing the branch with this ISIL, both days included, would move. Changes nothing.

    Refused with BRANCH_UNKNOWN only. Raises ValueError where `last` is before `first`, or more
    than `LONGEST` after it, and for days at the ends of the calendar, which no branch has.
    """
    if not date.min + LONGEST < first < date.max - 2 * LONGEST:
        raise ValueError(Sentence("NO_SUCH_DAY"))
    if not first <= last <= first + LONGEST:
        raise ValueError(Sentence("CLOSURE_TOO_LONG", days=LONGEST.days))
    set_up = read_set_up(transaction)
    here = next((each for each in set_up.branches.values() if each.isil == branch), None)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    known = set_up.calendars[here.id]
    calendar = Calendar(
        known.timezone,
        known.week,
        known.branch_days,
        known.agency_days,
        (*known.closures, ClosedPeriod(first, last)),
    )
    reopens = calendar.next_open_day(last)
    closure = Closure(here, first, last, None, (), ())
    if not calendar.is_open(reopens):
        return closure
    since, until = start_of_day(first, here.timezone), end_of_day(last, here.timezone)
    due = falling_due(transaction, branch_id=here.id, since=since, until=until)
    kept = on_shelf(transaction, branch_id=here.id, since=since, until=until)
    return replace(
        closure,
        reopens=reopens,
        loans=redate(due, calendar),
        pickups=redate(kept, calendar),
        fees=reckon_again(
            transaction,
            here,
            first,
            last,
            calendar,
            {each.isil: set_up.calendars[each.id] for each in set_up.branches.values()},
        ),
    )


def close_branch(
    act: Act, *, branch: str, first: date, last: date, reason: str, alternative: str | None = None
) -> Closure | Refused:
    """Closes the branch with this ISIL and gives new dates to what falls due meanwhile.

    `reason` is for staff and patrons to read. `alternative` is the ISIL of another branch of the
    agency, to which copies for holds go in the meantime; without one they wait where they are.
    Otherwise as `preview_closure`; raises ValueError also for an unfit alternative.
    """
    transaction, now = act.transaction, act.now
    lock_set_up(transaction)
    found = preview_closure(transaction, branch=branch, first=first, last=last)
    if isinstance(found, Refused):
        return found
    here = found.branch
    alternative_id = _alternative_id(read_set_up(transaction), here, alternative)
    lock_items(
        transaction,
        branch_id=here.id,
        since=start_of_day(first, here.timezone),
        until=end_of_day(last, here.timezone),
    )
    closure = preview_closure(transaction, branch=branch, first=first, last=last)
    if isinstance(closure, Refused):
        return closure
    closure_id = _announced(transaction, here, first, last)
    if closure_id is None:
        closure_id = _insert_closure(
            transaction,
            branch_id=here.id,
            first=first,
            last=last,
            reason=reason,
            announced=now,
            alternative_id=alternative_id,
        )
        set_up_changed(transaction)
        facts = {} if alternative_id is None else {"alternative": alternative_id}
        _tell(act, here, closure_id, first, last, reason=reason, **facts)
        _follow(act, ClosureChange(here, first, last, is_lifted=False))
    elif alternative_id is not None and _name_alternative(
        transaction, closure_id=closure_id, alternative_id=alternative_id
    ):
        set_up_changed(transaction)
        _tell(act, here, closure_id, first, last, alternative=alternative_id)
    reduce_again(act, read_set_up(transaction), closure.fees, f"{branch} was closed")
    periods = (ClosedDays(first, last, reason),)
    moved = NewDates(here, ("closure", closure_id), periods, closure.loans, closure.pickups)
    give_new_dates(act, [moved])
    return closure


def _alternative_id(set_up: SetUp, here: Branch, alternative: str | None) -> int | None:
    if not alternative:
        return None
    for each in set_up.branches.values():
        if each.isil == alternative and each.agency_id == here.agency_id and each.id != here.id:
            return each.id
    raise UnfitAlternative(Sentence("NO_SUCH_ALTERNATIVE", alternative=alternative))


def lift_closure(act: Act, *, branch: str, first: date, last: date) -> bool:
    """The branch is open again as its calendar says; False where no such closure was announced.

    Dates that were moved stay: a later date was promised. Copies on the way to the alternative go
    to the branch again, and patrons who were sent a message about a hold are sent another one.
    A closure is shortened by announcing the shorter one first, then lifting the longer one.
    """
    transaction = act.transaction
    lock_set_up(transaction)
    for here in read_set_up(transaction).branches.values():
        if here.isil == branch:
            closure_id = _announced(transaction, here, first, last)
            if closure_id is None or not _delete_closure(transaction, closure_id=closure_id):
                return False
            set_up_changed(transaction)
            _tell(act, here, closure_id, first, last, lifted=True)
            restore_pickup_branches(act, here)
            _follow(act, ClosureChange(here, first, last, is_lifted=True))
            return True
    return False


def _announced(transaction: Transaction, branch: Branch, first: date, last: date) -> int | None:
    """The id of the closure, where it is announced already."""
    for closure in closure_rows(transaction):
        if (closure.branch_id, closure.first, closure.last) == (branch.id, first, last):
            return closure.id
    return None


def _follow(act: Act, change: ClosureChange) -> None:
    for follow in CLOSURE_CHANGED:
        follow(act, change)


def _tell(act: Act, branch: Branch, closure_id: int, first: date, last: date, **facts: Any) -> None:
    period = {"first": first.isoformat(), "last": last.isoformat()}
    after = {"branch": branch.id, "closure": closure_id, **period, **facts}
    append_event(act, NewEvent(EventKind.BRANCH_CLOSED, after=after))
