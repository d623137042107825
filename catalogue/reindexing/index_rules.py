"""By which rules the index was made, so that a library is told when it should be made anew.

The rules are how words are folded and read (`catalogue.index.folding`) and what of a record goes
where (`catalogue.index.access_points`). Whoever changes the terms that a record gives raises
`RULES`, and writes a migration that says so of libraries without records. Searches work with an
index of older rules, but miss what the newer ones would find, until `tiro reindex` has made it
anew.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, scalar, send
from catalogue.schema import index_rules

#: Those of this code.
RULES: Final = 2


@scalar(int)
def _version() -> Statement:
    return select(index_rules.c.version)


@send
def note_made_anew() -> Statement:
    """Notes that the whole index is as this code makes it."""
    return update(index_rules).where(index_rules.c.id == 1).values(version=RULES)


def is_outdated(transaction: Transaction) -> bool:
    """Was the index made by older rules than those of this code?"""
    version = _version(transaction)
    return version is not None and version < RULES
