"""The library's set-up in memory: branches, calendars, rules, good for one version.

Every process keeps a `SetUp`, and reads the version row in the same statement as its facts;
where that has moved on, the set-up is read anew in the same transaction. A version is a random
number, never a counter: a counted version could come again after a rollback, with other content.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from sqlalchemy import ColumnClause, Select, func, literal_column, select, update

from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    scalar_one,
    scalars,
)
from catalogue.schema import agencies, branches
from circulation.calendars.due_dates import local_date
from circulation.kernel.agreements import Agreements, read_agreements
from circulation.kernel.loan_rules import LOAN_POLICIES, LoanRules
from circulation.kernel.parts import Registry
from circulation.kernel.results import DEFAULT_TIMEZONE, Branch, Desk
from circulation.kernel.schema import agency_settings, set_up_version
from circulation.kernel.trees import CATEGORIES, GROUPS

if TYPE_CHECKING:
    from circulation.calendars.opening_hours import Calendar
    from circulation.kernel.elsewhere import Elsewhere
    from circulation.kernel.transport import Transport

P = TypeVar("P")


#: For the fact statements: the version under which the rest of the row was read.
VERSION = select(set_up_version.c.version).scalar_subquery()


#: The advisory lock of PostgreSQL for calendars: its number, and that of the library's data.
_CALENDARS: Final[ColumnClause[Any]] = literal_column("1953067631, 1")
#: For statements that lock items: no calendar changes until the end of the transaction.
KEEPS_CALENDARS = func.pg_advisory_xact_lock_shared(_CALENDARS)


@lock
def keep_calendars() -> Statement:
    """Let no calendar change until the end of the transaction."""
    return select(KEEPS_CALENDARS)


@lock
def _lock_version() -> Statement:
    return select(set_up_version.c.id).with_for_update()


@lock
def _lock_calendars() -> Statement:
    return select(func.pg_advisory_xact_lock(_CALENDARS))


def lock_set_up(transaction: Transaction) -> None:
    """Lock the set-up for a change of calendars.

    Dates are given to loans and holds under the lock of the item, which keeps the calendars. So
    this waits for those that are being given by the old calendars, and those given later follow
    the new ones.
    """
    _lock_version(transaction)
    _lock_calendars(transaction)


def select_branches() -> Select[Any]:
    """Branches, each a `Branch`."""
    timezone = func.coalesce(agency_settings.c.timezone, DEFAULT_TIMEZONE)
    its = {"agency_isil": agencies.c.isil, "agency_name": agencies.c.name, "timezone": timezone}
    tables = branches.join(agencies, agencies.c.id == branches.c.agency_id).outerjoin(
        agency_settings, agency_settings.c.agency_id == agencies.c.id
    )
    return select(*columns(Branch, branches, **its)).select_from(tables)


@scalar_one(int)
def version_of() -> Statement:
    """The version of the set-up that the transaction sees."""
    return select(set_up_version.c.version)


@many(Branch)
def all_branches() -> Statement:
    """The branches of all agencies, by ISIL."""
    return select_branches().order_by(branches.c.isil)


#: Schools whose stock is their own.
@scalars(int)
def _hidden_schools() -> Statement:
    return select(agencies.c.id).where(
        agencies.c.kind == "school", agencies.c.shares_stock.is_(False)
    )


@change
def _set_version(*, version: int) -> Statement:
    return update(set_up_version).values(version=version)


class SetUpPart(Generic[P]):
    """What one feature keeps of the set-up in memory: ``FEES.of(set_up)`` has the type that `read`
    gives."""

    __slots__ = ("name", "read")

    def __init__(self, name: str, read: Callable[[Transaction], P]) -> None:
        self.name = name
        self.read = read

    def of(self, set_up: SetUp) -> P:
        """Raises KeyError where the part is not among `SET_UP_PARTS`."""
        part: P = set_up.parts[self]
        return part

    def __repr__(self) -> str:
        return f"<SetUpPart {self.name}>"


#: What the features keep of the set-up. `circulation.assembly` adds them.
SET_UP_PARTS: Registry[SetUpPart[Any]] = Registry("kernel.set_up:SET_UP_PARTS")


class PartsOnDemand(dict[SetUpPart[Any], Any]):
    """Each part is read when it is first asked for, in the `transaction` under way: for a process
    that does one thing after another and ends, which needs few of them."""

    def __init__(self, transaction: Transaction) -> None:
        super().__init__()
        self.transaction = transaction

    def __missing__(self, part: SetUpPart[Any]) -> Any:
        found = self[part] = part.read(self.transaction)
        return found


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class SetUp(LoanRules):
    """All branches, calendars and rules of one version. Never changed, but for what it remembers.

    `calendars` go by the branch's id. `transport` says what sending costs and where items float,
    `elsewhere` which branches another system looks after. What a feature keeps is in `parts`, and
    asked for by its `SetUpPart`.
    """

    version: int
    calendars: dict[int, Calendar]
    transport: Transport
    elsewhere: Elsewhere
    parts: Mapping[SetUpPart[Any], Any]
    #: Who has others told of which events of a kind: kept by `circulation.kernel.events`.
    followers: dict[Enum, tuple[tuple[Callable[..., bool], Callable[..., None]], ...]] = field(
        default_factory=dict, init=False
    )
    _isils: dict[str, Branch] = field(init=False)

    def __post_init__(self) -> None:
        self._isils = {branch.isil: branch for branch in self.branches.values()}

    def branch_at(self, isil: str) -> Branch | None:
        """The branch with this ISIL; None where there is none."""
        return self._isils.get(isil)

    def desk(self, branch_id: int, actor: str, device: str = "") -> Desk:
        """Where something is done at a branch by nobody who stands there: by a job, a text."""
        return Desk(actor, device, self.branches[branch_id].agency_id, branch_id)

    @property
    def timezone(self) -> str:
        """That of most branches, for where none is known."""
        zones = Counter(branch.timezone for branch in self.branches.values())
        return max(sorted(zones), key=zones.__getitem__, default=DEFAULT_TIMEZONE)

    def day(self, now: datetime, branch_id: int | None = None) -> date:
        """The date at the branch. Without one, the date that has come at every branch: where they
        have several clocks the one that lags behind counts, so that nothing is ended too early."""
        if branch_id is not None:
            return local_date(now, self.branches[branch_id].timezone)
        zones = {branch.timezone for branch in self.branches.values()} or {DEFAULT_TIMEZONE}
        return min(local_date(now, zone) for zone in zones)

    def agency_isil(self, agency_id: int) -> str:
        """The ISIL of the agency, empty for one without branches."""
        its = (each.agency_isil for each in self.branches.values() if each.agency_id == agency_id)
        return next(its, "")

    def agency_name(self, agency_id: int) -> str:
        """Return the name of the agency, empty for one without branches."""
        its = (each.agency_name for each in self.branches.values() if each.agency_id == agency_id)
        return next(its, "")

    def speaker(self, agency_id: int, home_branch_id: int | None) -> int:
        """The branch in whose name the agency speaks to a patron: their own, where it is one of
        the agency's."""
        its = [each.id for each in self.branches.values() if each.agency_id == agency_id]
        return home_branch_id if home_branch_id in its else min(its)


def _read_calendars(transaction: Transaction, its: Iterable[Branch]) -> dict[int, Calendar]:
    from circulation.calendars.rows import read_calendars

    return read_calendars(transaction, its)


def _read_transport(transaction: Transaction, its: Iterable[Branch]) -> Transport:
    from circulation.kernel.transport import read_transport

    return read_transport(transaction)


def _read_elsewhere(transaction: Transaction, its: Iterable[Branch]) -> Elsewhere:
    from circulation.kernel.elsewhere import read_elsewhere

    return read_elsewhere(transaction)


#: What whoever only looks asks nothing of: how it is read, of those branches. It is loaded with
#: the first reading.
_FOR_ACTS: Final[Mapping[str, Callable[[Transaction, Iterable[Branch]], Any]]] = {
    "hidden_schools": lambda transaction, _: frozenset(_hidden_schools(transaction)),
    "calendars": _read_calendars,
    "transport": _read_transport,
    "elsewhere": _read_elsewhere,
}


class SetUpOnDemand(SetUp):
    """The same, read part by part as it is asked for (see `PartsOnDemand`)."""

    __slots__ = ()
    parts: PartsOnDemand

    def __getattr__(self, name: str) -> Any:  # of what has not been asked for
        if name not in _FOR_ACTS:
            raise AttributeError(name)
        found = _FOR_ACTS[name](self.parts.transaction, self.branches.values())
        setattr(self, name, found)
        return found


def read_set_up(transaction: Transaction, *, on_demand: bool = False) -> SetUp:
    """The set-up as the transaction sees it; RuntimeError before the features have joined.

    `on_demand`: what only some acts need, and what features keep, is read when it is asked for.
    """
    # The version first: a change that comes between makes the next look-up read anew.
    version = version_of(transaction)
    branches = {branch.id: branch for branch in all_branches(transaction)}
    rules: dict[str, Any] = {
        "version": version,
        "branches": branches,
        "policies": tuple(LOAN_POLICIES.read(transaction)),
        "categories": {node.code: node.parent for node in CATEGORIES.all(transaction)},
        "groups": {node.code: node.parent for node in GROUPS.all(transaction)},
        "agreements": Agreements(read_agreements(transaction)),
    }
    if on_demand:
        unread: dict[str, Any] = dict.fromkeys(_FOR_ACTS)
        found = SetUpOnDemand(**rules, **unread, parts=PartsOnDemand(transaction))
        for name in unread:
            delattr(found, name)
        return found
    return SetUp(
        **rules,
        **{name: read(transaction, branches.values()) for name, read in _FOR_ACTS.items()},
        parts={part: part.read(transaction) for part in SET_UP_PARTS},
    )


def set_up_changed(transaction: Transaction) -> None:
    """To be called by whatever changes anything that a `SetUp` holds."""
    _set_version(transaction, version=secrets.randbits(62))
