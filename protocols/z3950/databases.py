"""Which databases there are (Z39.50-2003, 3.2.2.1.3): the catalogue by its names, a database for
each consortium, agency and branch (`catalogue.visibility`), and Explain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pyroaring import BitMap

from catalogue.statements import Transaction
from catalogue.visibility import UnknownDatabase, visible_branches, visible_records
from protocols.z3950.diagnostics import Bib1, Refused
from protocols.z3950.settings import Z3950Settings

#: The name of the Explain database (3.2.10).
EXPLAIN_DATABASE: Final = "IR-Explain-1"
_EXPLAIN: Final = EXPLAIN_DATABASE.lower()


def is_explain(names: Sequence[str]) -> bool:
    """Is it the Explain database that is searched? It cannot be together with others."""
    return len(names) == 1 and names[0].lower() == _EXPLAIN


def records_in(
    transaction: Transaction, names: Sequence[str], settings: Z3950Settings
) -> BitMap | None:
    """The records that the databases show together, None where that is all of them.

    Raises Refused for a name that is not known, and for Explain among others.
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
    """The branches whose items the databases show together, None where that is all of them.

    A database that has gone since the search shows none.
    """
    shown: frozenset[int] | None = frozenset()
    for name in names:
        try:
            those = visible_branches(transaction, _known(name, settings))
        except UnknownDatabase:
            continue
        shown = None if shown is None or those is None else shown | those
    return shown


def _known(name: str, settings: Z3950Settings) -> str | None:
    """The name by which the catalogue knows a database: none for the whole."""
    return None if name.lower() in settings.names else name
