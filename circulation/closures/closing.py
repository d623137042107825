"""Emergency closures: a branch closes at once, and what was to happen there is given new dates.

A closure and everything it moves are one transaction. Fees for having been late on its days are
reckoned again (`circulation.fees.redating`). Loans of the branch that fall due while it
is closed, and items that would leave its pickup shelf then, get the next day on which it is open;
nothing is ever brought forward, and each patron is sent one message. Announcing the same closure
again adds nothing, but takes up what came in between: a loan made in the same moment, say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    scalar_one,
    send_many,
)
from catalogue.schema import items
from circulation.calendars.due_dates import end_of_day, moved_past_closing, start_of_day
from circulation.calendars.opening_hours import Calendar, ClosedPeriod
from circulation.calendars.rows import closure_rows
from circulation.calendars.schema import closures
from circulation.fees.redating import ReckonedAgain, reckon_again, reduce_again
from circulation.holds.schema import captures
from circulation.kernel.act import Act
from circulation.kernel.events import EventKind, NewEvent, append_event
from circulation.kernel.parts import Registry
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused
from circulation.kernel.schema import set_up_version
from circulation.kernel.set_up import SetUp, read_set_up, set_up_changed
from circulation.languages.sentences import Sentence
from circulation.loans.schema import loans

#: A branch that closes for longer is not closed in an emergency: its calendar should say so.
LONGEST = timedelta(days=400)


class UnfitAlternative(ValueError):
    """The alternative of a closure is no other branch of the agency."""


class Redated(NamedTuple):
    """Something that gets a new date: a loan (`id`) or an item kept for a hold (`id`)."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    before: datetime
    after: datetime


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


#: Called with a closure that has moved dates, its id and its reason.
DATES_MOVED: Registry[Callable[[Act, Closure, int, str], None]] = Registry(
    "closures.closing:DATES_MOVED"
)


@lock
def _lock_version() -> Statement:
    return select(set_up_version.c.id).with_for_update()


def _falls_due(branch_id: int, since: datetime, until: datetime) -> Any:
    return (
        loans.c.branch_id == branch_id,
        loans.c.checked_in.is_(None),
        loans.c.mark.is_(None),  # what is lost or claimed comes back on no date
        loans.c.due >= since,
        loans.c.due <= until,
    )


@lock
def _lock_items(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    return (
        select(items.c.id)
        .where(items.c.id.in_(select(loans.c.item_id).where(*_falls_due(branch_id, since, until))))
        .order_by(items.c.id)
        .with_for_update(key_share=True)
    )


class _Found(NamedTuple):
    """A loan or a capture, and the date that it has."""

    id: int
    item_id: int
    barcode: str
    patron_id: int
    before: datetime


class _NewDate(NamedTuple):
    id: int
    before: datetime
    after: datetime


@many(_Found)
def _falling_due(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    return (
        select(*columns(_Found, loans, items, id=loans.c.id, before=loans.c.due))
        .select_from(loans.join(items, items.c.id == loans.c.item_id))
        .where(*_falls_due(branch_id, since, until))
        .order_by(loans.c.due, loans.c.id)
    )


@many(_Found)
def _on_shelf(*, branch_id: int, since: datetime, until: datetime) -> Statement:
    return (
        select(*columns(_Found, captures, items, id=captures.c.hold_id, before=captures.c.deadline))
        .select_from(captures.join(items, items.c.id == captures.c.item_id))
        .where(
            captures.c.shelf_branch_id == branch_id,
            captures.c.released.is_(None),
            captures.c.deadline >= since,
            captures.c.deadline <= until,
        )
        .order_by(captures.c.deadline, captures.c.hold_id)
    )


@send_many
def _move_loans(record: _NewDate) -> Statement:
    return (
        update(loans)
        .where(loans.c.id == record.id, loans.c.checked_in.is_(None), loans.c.due == record.before)
        .values(due=record.after)
    )


@send_many
def _move_pickups(record: _NewDate) -> Statement:
    return (
        update(captures)
        .where(captures.c.hold_id == record.id, captures.c.deadline == record.before)
        .values(deadline=record.after)
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
    due = _falling_due(transaction, branch_id=here.id, since=since, until=until)
    kept = _on_shelf(transaction, branch_id=here.id, since=since, until=until)
    return replace(
        closure,
        reopens=reopens,
        loans=_redated(due, calendar),
        pickups=_redated(kept, calendar),
        fees=reckon_again(
            transaction,
            here,
            first,
            last,
            calendar,
            {each.isil: set_up.calendars[each.id] for each in set_up.branches.values()},
        ),
    )


def _redated(found: Sequence[_Found], calendar: Calendar) -> tuple[Redated, ...]:
    return tuple(Redated(*each, moved_past_closing(each.before, calendar)) for each in found)


def _new_dates(redated: Sequence[Redated]) -> list[_NewDate]:
    return [_NewDate(each.id, each.before, each.after) for each in redated]


def close_branch(
    act: Act, *, branch: str, first: date, last: date, reason: str, alternative: str | None = None
) -> Closure | Refused:
    """Closes the branch with this ISIL and gives new dates to what falls due meanwhile.

    `reason` is for staff and patrons to read. `alternative` is the ISIL of another branch of the
    agency, to which copies for holds go in the meantime; without one they wait where they are.
    Otherwise as `preview_closure`; raises ValueError also for an unfit alternative.
    """
    transaction, now = act.transaction, act.now
    _lock_version(transaction)
    found = preview_closure(transaction, branch=branch, first=first, last=last)
    if isinstance(found, Refused):
        return found
    here = found.branch
    alternative_id = _alternative_id(read_set_up(transaction), here, alternative)
    _lock_items(
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
    elif alternative_id is not None and _name_alternative(
        transaction, closure_id=closure_id, alternative_id=alternative_id
    ):
        set_up_changed(transaction)
        _tell(act, here, closure_id, first, last, alternative=alternative_id)
    reduce_again(act, read_set_up(transaction), closure.fees, f"{branch} was closed")
    _give_new_dates(act, closure, closure_id)
    if closure.loans or closure.pickups:
        for follow in DATES_MOVED:
            follow(act, closure, closure_id, reason)
    return closure


def _alternative_id(set_up: SetUp, here: Branch, alternative: str | None) -> int | None:
    if not alternative:
        return None
    for each in set_up.branches.values():
        if each.isil == alternative and each.agency_id == here.agency_id and each.id != here.id:
            return each.id
    raise UnfitAlternative(Sentence("NO_SUCH_ALTERNATIVE", alternative=alternative))


def _give_new_dates(act: Act, closure: Closure, closure_id: int) -> None:
    transaction = act.transaction
    _move_loans(transaction, _new_dates(closure.loans))
    _move_pickups(transaction, _new_dates(closure.pickups))
    for each in closure.loans:
        append_event(
            act,
            NewEvent(
                EventKind.LOAN_REDATED,
                item_id=each.item_id,
                patron_id=each.patron_id,
                loan_id=each.id,
                before={"due": each.before.isoformat()},
                after={"due": each.after.isoformat(), "closure": closure_id},
            ),
        )
    for each in closure.pickups:
        append_event(
            act,
            NewEvent(
                EventKind.HOLD_CHANGED,
                item_id=each.item_id,
                patron_id=each.patron_id,
                hold_id=each.id,
                before={"deadline": each.before.isoformat()},
                after={"deadline": each.after.isoformat(), "closure": closure_id},
            ),
        )


def lift_closure(act: Act, *, branch: str, first: date, last: date) -> bool:
    """The branch is open again as its calendar says; False where no such closure was announced.

    Dates that were moved stay: a later date was promised.
    """
    transaction = act.transaction
    _lock_version(transaction)
    for here in read_set_up(transaction).branches.values():
        if here.isil == branch:
            closure_id = _announced(transaction, here, first, last)
            if closure_id is None or not _delete_closure(transaction, closure_id=closure_id):
                return False
            set_up_changed(transaction)
            _tell(act, here, closure_id, first, last, lifted=True)
            return True
    return False


def _announced(transaction: Transaction, branch: Branch, first: date, last: date) -> int | None:
    """The id of the closure, where it is announced already."""
    for closure in closure_rows(transaction):
        if (closure.branch_id, closure.first, closure.last) == (branch.id, first, last):
            return closure.id
    return None


def _tell(act: Act, branch: Branch, closure_id: int, first: date, last: date, **facts: Any) -> None:
    period = {"first": first.isoformat(), "last": last.isoformat()}
    after = {"branch": branch.id, "closure": closure_id, **period, **facts}
    append_event(act, NewEvent(EventKind.BRANCH_CLOSED, after=after))
