"""Databases within the catalogue: for each consortium, each agency and each branch, what it shows.

A branch's database has the records of which it has an item; an agency's those of which one of its
branches has an item, and its own that have none. A consortium's has everything but what is hidden
outside (`catalogue.holders`): the stock of schools that do not share it.

A database's `Scope` says two things: which records are found, and whose items are shown with them.
`scan`, `facets` and `search` take the first as `visible`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pyroaring import BitMap
from sqlalchemy import bindparam, func, literal_column, select, union_all, update

from catalogue.database import Transaction, change, many, scalar
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


def _select_all(condition: str | None = None) -> Any:
    """The databases, or those whose name is the parameter `condition`."""
    parts = []
    for kind, table, name in (
        (CONSORTIUM, consortia, consortia.c.name),
        (AGENCY, agencies, agencies.c.isil),
        (BRANCH, branches, branches.c.isil),
    ):
        part = select(name, literal_column(f"'{kind}'"), table.c.name, table.c.id)
        parts.append(part if condition is None else part.where(name == bindparam(condition)))
    return union_all(*parts)


_all_databases = many(_select_all(), CatalogueDatabase)
_databases_named = many(_select_all("name"), CatalogueDatabase, "name")
_last_id = scalar(select(func.max(records.c.id)))
_set_shares_stock = change(
    update(agencies)
    .where(agencies.c.isil == bindparam("agency_isil"))
    .values(shares_stock=bindparam("is_shared", type_=agencies.c.shares_stock.type)),
    "agency_isil",
    "is_shared",
)
_branches_of: Callable[..., list[tuple[int, int, int, str, bool]]] = many(
    select(
        branches.c.id,
        agencies.c.id,
        agencies.c.consortium_id,
        agencies.c.kind,
        agencies.c.shares_stock,
    ).join(agencies, branches.c.agency_id == agencies.c.id),
    None,
)


def database_names(transaction: Transaction) -> list[CatalogueDatabase]:
    """All databases: consortia, then agencies, then branches, each by name."""
    order = (CONSORTIUM, AGENCY, BRANCH)
    return sorted(_all_databases(transaction), key=lambda d: (order.index(d.kind), d.name))


def find_database(transaction: Transaction, name: str) -> CatalogueDatabase:
    """The database of this name; case makes no difference. Raises UnknownDatabase.

    Where two have one name, the wider is meant.
    """
    found = _databases_named(transaction, name)
    if not found:
        folded = name.casefold()
        found = [one for one in database_names(transaction) if one.name.casefold() == folded]
    if not found:
        raise UnknownDatabase(name)
    return found[0]


def visible_records(transaction: Transaction, name: str | None = None) -> BitMap | None:
    """The records that a database shows, or None where it shows them all.

    Without a name: the whole catalogue as those see it who come from no library of it. The bitmap
    is not the caller's to change. Raises UnknownDatabase.
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
    known = [(row[0], Agency(*row[1:])) for row in _branches_of(transaction)]
    if name is None:
        shown = frozenset(number for number, agency in known if agency.is_open)
    else:
        database = find_database(transaction, name)
        if database.kind == BRANCH:
            return frozenset((database.id,))
        if database.kind == AGENCY:
            return frozenset(number for number, agency in known if agency.id == database.id)
        shown = frozenset(
            number
            for number, agency in known
            if agency.is_open and agency.consortium_id == database.id
        )
    return None if len(shown) == len(known) else shown


def scope_of(transaction: Transaction, name: str | None = None) -> Scope:
    """What a database shows: `visible_records` and `visible_branches` together."""
    return Scope(visible_records(transaction, name), visible_branches(transaction, name))


def share_stock(transaction: Transaction, agency_isil: str, is_shared: bool) -> bool:
    """Says whether a school's stock is seen outside the school; False if there is no such agency.

    Goes through all records, so this is for a change of organisation.
    """
    if not _set_shares_stock(transaction, agency_isil, is_shared):
        return False
    rebuild_holders(transaction)
    return True


def _all_but(transaction: Transaction, hidden: BitMap) -> BitMap | None:
    if not hidden:
        return None
    visible = BitMap(range((_last_id(transaction) or 0) + 1))
    visible -= hidden
    return visible
