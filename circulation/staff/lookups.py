"""The log of look-ups: who has looked at which patron, from where, and in what context.

A person has a right to know of it (CJEU C-579/21). People's look-ups count: at a desk, by the API,
at the command line, and those of partners and programs under their own names; a machine's do not
where the patron has identified themselves. A list is one line, with the number of its hits; of a
search it says by what was searched, never the words.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, insert, select

from catalogue.database import Statement, Transaction, columns, many, send_many
from circulation.kernel.results import Desk
from circulation.kernel.rights import Kind, Principal
from circulation.staff.lookup_log import lookups

#: The most lines of one answer.
PAGE: Final = 1_000


class Seen(Enum):
    """What of a patron was looked at."""

    OPENED = "opened"
    LOANS = "loans"
    HOLDS = "holds"
    HISTORY = "history"
    CHARGES = "charges"
    MESSAGES = "messages"
    LOOKUPS = "lookups"
    EXPORT = "export"  # all that is held on them
    SEARCH = "search"  # hits, of whom none was opened
    LIST = "list"  # the same, of a list of work


class Lookup(NamedTuple):
    """A look-up to be noted. `context` is the operation: ``tiro patron show``.

    `patron_id` is None for hits, of which there were `hits`; `searched` says by what: a name.
    `is_entrance`: the line of the gate, which every access to a patron passes. It is left out where
    the same request has another line on that patron, which says more exactly what was read.
    """

    kind: Kind
    desk: Desk
    what: Seen
    context: str
    patron_id: int | None = None
    hits: int | None = None
    searched: str = ""
    is_entrance: bool = False


def looked_at(
    by: Principal,
    what: Seen,
    context: str,
    *,
    patron_id: int | None = None,
    hits: int | None = None,
    searched: str = "",
) -> Lookup:
    """What `by` has looked at."""
    return Lookup(by.kind, by.desk, what, context, patron_id, hits, searched)


class LookedUp(NamedTuple):
    """A line of the log."""

    id: int
    at: datetime
    actor_kind: str
    actor: str
    device: str
    branch_id: int | None
    patron_id: int | None
    what: str
    context: str
    hits: int | None
    searched: str


class _Row(NamedTuple):
    at: datetime
    actor_kind: str
    actor: str
    device: str
    branch_id: int | None
    patron_id: int | None
    what: str
    context: str
    hits: int | None
    searched: str


@send_many
def _insert(row: _Row) -> Statement:
    return insert(lookups).values(row._asdict())


def _select(before: int) -> Select[Any]:
    return (
        select(*columns(LookedUp, lookups))
        .where(lookups.c.id < before)
        .order_by(lookups.c.id.desc())
        .limit(PAGE)
    )


#: Before no line: the newest.
NEWEST: Final = 2**63 - 1


@many(LookedUp)
def lookups_of_patron(*, patron_id: int, before: int) -> Statement:
    """Who has looked at the patron, the newest first: `PAGE` lines before the one with that id."""
    return _select(before).where(lookups.c.patron_id == patron_id)


@many(LookedUp)
def lookups_by(*, actor: str, before: int) -> Statement:
    """What somebody has looked at, in the same way."""
    return _select(before).where(lookups.c.actor == actor)


def _without_entrances(seen: Iterable[Lookup]) -> list[Lookup]:
    """Return the lines without those of the gate that another line on the patron replaces."""
    lines = list(dict.fromkeys(seen))
    exact = {each.patron_id for each in lines if not each.is_entrance}
    return [each for each in lines if not each.is_entrance or each.patron_id not in exact]


def note_lookups(transaction: Transaction, seen: Iterable[Lookup], now: datetime) -> None:
    """Write the lines of one request; for many at once."""
    seen = _without_entrances(seen)
    _insert(
        transaction,
        [
            _Row(
                at=now,
                actor_kind=each.kind.value,
                actor=each.desk.actor,
                device=each.desk.machine,
                branch_id=each.desk.branch_id or None,
                patron_id=each.patron_id,
                what=each.what.value,
                context=each.context,
                hits=each.hits,
                searched=each.searched,
            )
            for each in seen
        ],
    )
