"""What records are sorted by: written with each record, read by `catalogue.sorting`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, insert

from catalogue.folding import main_words
from catalogue.schema import sort_keys
from catalogue.statements import Transaction, send, send_many

if TYPE_CHECKING:
    from catalogue.describing import Description

#: Bytes of a title and of an author that count in sorting; what agrees so far is in order of id.
TITLE_BYTES = 100
AUTHOR_BYTES = 60

#: UNIMARC, and MARC 21 by permission: what stands between these is not filed (ISO 6630).
_NOT_FILED = re.compile("[\x88\x98][^\x89\x9c]*[\x89\x9c]")
#: danMARC2: filing begins behind it.
_FILING_BEGINS = "¤"

_COLUMNS = ("record_id", "title", "author", "year")
_insert = send_many(
    insert(sort_keys).values(
        {name: bindparam(name, type_=sort_keys.c[name].type) for name in _COLUMNS}
    ),
    *_COLUMNS,
)
_delete = send(delete(sort_keys).where(sort_keys.c.record_id == bindparam("id")), "id")


def sort_key(text: str, length: int) -> bytes:
    """A text as it is sorted: folded, without what is not filed, at most `length` bytes."""
    filed = _NOT_FILED.sub("", text)
    if _FILING_BEGINS in filed:
        filed = filed.partition(_FILING_BEGINS)[2]
    key = b" ".join(main_words(filed.encode("utf-8", "replace")))[:length]
    return key or b" ".join(main_words(text.encode("utf-8", "replace")))[:length]


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
