"""Branches that another system looks after still, while a library moves branch by branch. Part of
the set-up.

Before its day the other system tells the patrons of a branch, bills them and renews their loans by
itself; from that day on we do. What comes up counts for whichever of them looked after the branch
then: so nobody is told twice, nor by nobody, and a branch can go back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import insert, select, update

from catalogue.database import Statement, Transaction, change, columns, many, send
from circulation.kernel.schema import branches_elsewhere

#: What an event says in `after` that another system has decided.
DECIDED_ELSEWHERE: Final = "decided_elsewhere"


class Period(NamedTuple):
    """Another system looked after the branch from `since` on, up to `until`: None, still."""

    branch_id: int
    since: datetime
    until: datetime | None

    def has(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


class Elsewhere:
    """All periods. Never changed."""

    __slots__ = ("_by_branch", "is_any_taken_over")

    def __init__(self, periods: Iterable[Period]) -> None:
        self._by_branch: defaultdict[int, list[Period]] = defaultdict(list)
        for each in periods:
            self._by_branch[each.branch_id].append(each)
        #: Has any branch come over?
        self.is_any_taken_over = any(
            each.until is not None for its in self._by_branch.values() for each in its
        )

    def __bool__(self) -> bool:
        return bool(self._by_branch)

    def has(self, branch_id: int, at: datetime) -> bool:
        """Did another system look after the branch then?"""
        return any(each.has(at) for each in self._by_branch.get(branch_id, ()))

    def has_come_over(self, branch_id: int) -> bool:
        """Did another system look after the branch, and do we now? By no clock: it is what was said
        last."""
        its = self._by_branch.get(branch_id, ())
        return bool(its) and all(each.until is not None for each in its)

    def was_taken_over(self, branch_id: int, at: datetime) -> bool:
        """Did another system look after the branch before then, and we did then? What that system
        decides about the branch later, at machines of its own, is ours to tell."""
        its = self._by_branch.get(branch_id, ())
        return not self.has(branch_id, at) and any(
            each.until is not None and each.until <= at for each in its
        )


@many(Period)
def periods_elsewhere() -> Statement:
    """All periods, as they began."""
    its = branches_elsewhere.c
    return select(*columns(Period, branches_elsewhere)).order_by(its.since, its.branch_id)


def read_elsewhere(transaction: Transaction) -> Elsewhere:
    """As the transaction sees it."""
    return Elsewhere(periods_elsewhere(transaction))


@send
def _begin(*, branch_id: int, since: datetime) -> Statement:
    return insert(branches_elsewhere).values(branch_id=branch_id, since=since)


@change
def _end(*, branch_id: int, until: datetime) -> Statement:
    its = branches_elsewhere.c
    return (
        update(branches_elsewhere)
        .where(its.branch_id == branch_id, its.until.is_(None))
        .values(until=until)
    )


def leave_to_another(transaction: Transaction, branch_id: int, *, now: datetime) -> bool:
    """From now on another system looks after the branch; False where one did already. Call
    `circulation.kernel.set_up.set_up_changed` afterwards, as for `take_over`."""
    known = periods_elsewhere(transaction)
    if any(each.branch_id == branch_id and each.until is None for each in known):
        return False
    _begin(transaction, branch_id=branch_id, since=_second(now))
    return True


def take_over(transaction: Transaction, branch_id: int, *, now: datetime) -> bool:
    """From now on we look after the branch; False where we did already."""
    return _end(transaction, branch_id=branch_id, until=_second(now)) > 0


def _second(moment: datetime) -> datetime:
    """Machines tell whole seconds: both systems must agree on the one in which a branch moved."""
    return moment.replace(microsecond=0)
