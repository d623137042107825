"""What records are sorted by, as rows: written with each record.

`catalogue.searching.sorting` reads them.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert

from catalogue.database import Transaction, send, send_many
from catalogue.index.describing import Description
from catalogue.schema import sort_keys

_COLUMNS = ("record_id", "title", "author", "year")
_insert = send_many(
    insert(sort_keys).values(
        {name: bindparam(name, type_=sort_keys.c[name].type) for name in _COLUMNS}
    ),
    *_COLUMNS,
)
_delete = send(delete(sort_keys).where(sort_keys.c.record_id == bindparam("id")), "id")


def add_sort_keys(transaction: Transaction, described: Iterable[tuple[int, Description]]) -> None:
    """Writes the keys of records that have none yet: id and description of each."""
    _insert(
        transaction,
        (
            (number, found.title_key, found.author_key, found.year or 0)
            for number, found in described
        ),
    )


def replace_sort_keys(
    transaction: Transaction, described: Iterable[tuple[int, Description]]
) -> None:
    """Writes the keys of records that may have some already."""
    given = list(described)
    for number, _ in given:
        _delete(transaction, number)
    add_sort_keys(transaction, given)
