"""Which databases there are (Z39.50-2003, 3.2.2.1.3): the catalogue by its names, a database for
each consortium, agency and branch (`catalogue.visibility`), and Explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyroaring import BitMap

from catalogue.database import Transaction
from catalogue.visibility import (
    AGENCY,
    BRANCH,
    UnknownDatabase,
    find_database,
    visible_branches,
    visible_records,
)
from circulation.kernel.organisation import find_branch
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.settings import Z3950Settings

#: The name of the Explain database (3.2.10).
EXPLAIN_DATABASE: Final = "IR-Explain-1"
_EXPLAIN: Final = EXPLAIN_DATABASE.lower()


def is_explain(names: Sequence[str]) -> bool:
    """Is the Explain database searched? It cannot be searched together with others."""
    return len(names) == 1 and names[0].lower() == _EXPLAIN


def records_in(
    transaction: Transaction, names: Sequence[str], settings: Z3950Settings
) -> BitMap | None:
    """The records that the databases show together; None for all. Raises Refused for an unknown
    name, and for Explain among others.
    """
    shown: BitMap | None = BitMap()
    for name in names or [""]:
        if name.lower() == _EXPLAIN:
            raise Refused(Bib1.COMBINATION_OF_DATABASES_UNSUPPORTED, name)
        try:
            those = visible_records(transaction, _known(name, settings))
        except UnknownDatabase:
            raise Refused(Bib1.DATABASE_UNAVAILABLE, name) from None
        shown = None if shown is None or those is None else shown | those
    return shown


def branches_in(
    transaction: Transaction, names: Sequence[str], settings: Z3950Settings
) -> frozenset[int] | None:
    """The branches whose items the databases show together; None for all. A database that has
    disappeared since the search shows none.
    """
    shown: frozenset[int] | None = frozenset()
    for name in names:
        try:
            those = visible_branches(transaction, _known(name, settings))
        except UnknownDatabase:
            continue
        shown = None if shown is None or those is None else shown | those
    return shown


def owner_in(transaction: Transaction, name: str, settings: Z3950Settings) -> int | None:
    """The agency that owns records inserted into the database: that of an agency's or branch's
    database; None for the whole catalogue and for a consortium. Raises Refused for an unknown name,
    and for Explain.
    """
    known = _known(name, settings)
    if known is None:
        return None
    try:
        database = find_database(transaction, known)
    except UnknownDatabase:
        raise Refused(Bib1.DATABASE_UNAVAILABLE, name) from None
    if database.kind == BRANCH:
        branch = find_branch(transaction, isil=database.name)
        return branch.agency_id if branch is not None else None
    return database.id if database.kind == AGENCY else None


def _known(name: str, settings: Z3950Settings) -> str | None:
    """The name by which the catalogue knows a database: None for the whole."""
    return None if name.lower() in settings.names else name
