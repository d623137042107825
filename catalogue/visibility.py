"""Databases within the catalogue: for each consortium, each agency and each branch, what it shows.

A branch's database has the records of which it has an item; an agency's those of which one of its
branches has an item, and its own that have none. A consortium's has everything but what is hidden
outside (`catalogue.holders`): the stock of schools that do not share it.

A database's `Scope` says two things: which records are found, and whose items are shown with them.
`scan`, `facets` and `search` take the first as `visible`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import Column, Select, Table, func, literal_column, select, union_all, update

from catalogue.database import Statement, Transaction, change, columns, many, scalar
from catalogue.holders import (
    Agency,
    held_by_agency,
    held_by_branch,
    hidden_from,
    rebuild_holders,
)
from catalogue.schema import agencies, branches, consortia, records

CONSORTIUM, AGENCY, BRANCH = "consortium", "agency", "branch"


class CatalogueDatabase(NamedTuple):
    """A database that can be searched.

    `name` is the ISIL of an agency or a branch, or a consortium's name; `title` is for people.
    `id` is that of the consortium, agency or branch, as `kind` says.
    """

    name: str
    kind: str
    title: str
    id: int


class Scope(NamedTuple):
    """What a database shows: records (all where None), and items of which branches (likewise)."""

    records: BitMap | None
    branches: frozenset[int] | None


class UnknownDatabase(LookupError):
    """There is no database of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no database {name!r}")
        self.name = name


_KINDS: Final = (
    (CONSORTIUM, consortia, consortia.c.name),
    (AGENCY, agencies, agencies.c.isil),
    (BRANCH, branches, branches.c.isil),
)


def _database(kind: str, table: Table, name: Column[str]) -> Select[Any]:
    given = {"name": name, "kind": literal_column(f"'{kind}'"), "title": table.c.name}
    return select(*columns(CatalogueDatabase, table, **given))


@many(CatalogueDatabase)
def _all_databases() -> Statement:
    return union_all(*(_database(*each) for each in _KINDS))


@many(CatalogueDatabase)
def _databases_named(*, name: str) -> Statement:
    return union_all(*(_database(*each).where(each[-1] == name) for each in _KINDS))


@scalar(int)
def _last_id() -> Statement:
    return select(func.max(records.c.id))


@change
def _set_shares_stock(*, agency_isil: str, is_shared: bool) -> Statement:
    return update(agencies).where(agencies.c.isil == agency_isil).values(shares_stock=is_shared)


class _BranchOfAgency(NamedTuple):
    branch_id: int
    agency_id: int
    consortium_id: int
    kind: str
    shares_stock: bool

    @property
    def agency(self) -> Agency:
        return Agency(self.agency_id, self.consortium_id, self.kind, self.shares_stock)


@many(_BranchOfAgency)
def _branches() -> Statement:
    return select(
        *columns(_BranchOfAgency, agencies, branch_id=branches.c.id, agency_id=agencies.c.id)
    ).join(agencies, branches.c.agency_id == agencies.c.id)


def database_names(transaction: Transaction) -> list[CatalogueDatabase]:
    """All databases: consortia, then agencies, then branches, each by name."""
    order = (CONSORTIUM, AGENCY, BRANCH)
    return sorted(_all_databases(transaction), key=lambda d: (order.index(d.kind), d.name))


def find_database(transaction: Transaction, name: str) -> CatalogueDatabase:
    """The database of this name; case makes no difference. Raises UnknownDatabase.

    Where two have one name, the wider is meant.
    """
    # PostgreSQL has no text with a zero, and refuses to look for one.
    found = [] if "\x00" in name else _databases_named(transaction, name=name)
    if not found:
        folded = name.casefold()
        found = [one for one in database_names(transaction) if one.name.casefold() == folded]
    if not found:
        raise UnknownDatabase(name)
    return found[0]


def visible_records(transaction: Transaction, name: str | None = None) -> BitMap | None:
    """The records that a database shows, or None where it shows them all.

    Without a name: the whole catalogue as those see it who come from no library of it. The caller
    must not change the bitmap. Raises UnknownDatabase.
    """
    memory = transaction.memory
    if memory is None:
        return _visible_records(transaction, name)
    key = ("visible", name)
    if key not in memory:
        memory[key] = _visible_records(transaction, name)
    visible: BitMap | None = memory[key]
    return visible


def _visible_records(transaction: Transaction, name: str | None) -> BitMap | None:
    if name is None:
        return _all_but(transaction, hidden_from(transaction))
    database = find_database(transaction, name)
    if database.kind == BRANCH:
        return held_by_branch(transaction, database.id)
    if database.kind == AGENCY:
        return held_by_agency(transaction, database.id)
    return _all_but(transaction, hidden_from(transaction, database.id))


def visible_branches(transaction: Transaction, name: str | None = None) -> frozenset[int] | None:
    """The ids of the branches whose items a database shows, or None where it shows all items.

    Raises UnknownDatabase.
    """
    known = [(row.branch_id, row.agency) for row in _branches(transaction)]
    if name is None:
        shown = frozenset(number for number, agency in known if agency.is_open)
    else:
        database = find_database(transaction, name)
        if database.kind == BRANCH:
            return frozenset((database.id,))
        if database.kind == AGENCY:
            return frozenset(number for number, agency in known if agency.id == database.id)
        of_consortium = ((n, each) for n, each in known if each.consortium_id == database.id)
        shown = frozenset(number for number, agency in of_consortium if agency.is_open)
    return None if len(shown) == len(known) else shown


def scope_of(transaction: Transaction, name: str | None = None) -> Scope:
    """What a database shows: `visible_records` and `visible_branches` together."""
    return Scope(visible_records(transaction, name), visible_branches(transaction, name))


def scope_of_reader(
    transaction: Transaction, name: str | None, sees: Callable[[int], bool]
) -> Scope:
    """What a database shows to one reader: `sees` says of which agencies, by their id, they see
    what is kept from others. They find it within the wider databases too; the database of such a
    school is unknown to everybody else. Raises UnknownDatabase."""
    closed = [row for row in _branches(transaction) if not row.agency.is_open]
    database = None if name is None else find_database(transaction, name)
    if database is not None and database.kind != CONSORTIUM:
        is_branch = database.kind == BRANCH
        if any(
            database.id == (row.branch_id if is_branch else row.agency_id)
            and not sees(row.agency_id)
            for row in closed
        ):
            raise UnknownDatabase(database.name)
        return scope_of(transaction, name)
    records, shown = scope_of(transaction, name)
    theirs = [
        row
        for row in closed
        if sees(row.agency_id) and (database is None or row.consortium_id == database.id)
    ]
    if records is not None:
        for agency_id in {row.agency_id for row in theirs}:
            records = records | held_by_agency(transaction, agency_id)
    if shown is not None:
        shown |= {row.branch_id for row in theirs}
    return Scope(records, shown)


def share_stock(transaction: Transaction, agency_isil: str, is_shared: bool) -> bool:
    """Says whether a school's stock is seen outside the school; False if there is no such agency.

    Goes through all records, so this is for a change of organisation.
    """
    if not _set_shares_stock(transaction, agency_isil=agency_isil, is_shared=is_shared):
        return False
    rebuild_holders(transaction)
    return True


def _all_but(transaction: Transaction, hidden: BitMap) -> BitMap | None:
    if not hidden:
        return None
    visible = BitMap(range((_last_id(transaction) or 0) + 1))
    visible -= hidden
    return visible
