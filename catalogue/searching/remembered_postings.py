"""The records of terms that this process remembers, on PostgreSQL.

A common term has a large bitmap for each 65,536 records: handing these over takes PostgreSQL, and
us, many times as long as finding them. So a process keeps the records of the common terms that were
asked for last, and tells with the next question which versions of the rows it has. A row that is
still the same comes without its bitmap: what is found is always that of the snapshot.

A version is the chunk and the transaction that wrote the row (``xmin``); no other state of the row
that anybody could see is of that transaction. After a failover transactions that were lost may have
successors of the same number, but on a server that was started at another moment; and when numbers
come round, after 2**32 transactions, a row is that of a given one of them by no likely chance.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from sys import intern
from typing import Any, Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    Select,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.types import UserDefinedType

from catalogue.bitmaps import CHUNK_BITS, join
from catalogue.database import Statement, Transaction, many, taking
from catalogue.schema import postings
from catalogue.searching.matches import Posting

#: Bytes of the bitmaps of a term that is remembered, and of all of them at most.
LEAST_BYTES, MOST_BYTES = 16 << 10, 32 << 20
#: Terms read in one statement.
AT_ONCE: Final = 8

_VERSION: Final = "(postings.chunk::bigint << 32 | postings.xmin::text::bigint)"
_SERVER: Final = "timestamptz_send(pg_postmaster_start_time())"


class _Numbers(UserDefinedType[str]):
    """An array of numbers as PostgreSQL writes it, which is made once and given many times."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "BIGINT[]"


class _Remembered(NamedTuple):
    """The records of a term, and of which rows they are."""

    records: BitMap
    #: When their server was started.
    server: bytes
    versions: Sequence[int]
    #: These, as `_Numbers`.
    numbers: str
    size: int


#: Of a term of which nothing is known but that it is common, if that.
_NOTHING: Final = _Remembered(BitMap(), b"", (), "{}", LEAST_BYTES)


class RememberedPostings:
    """The terms of one database, the one that was asked for last at the end."""

    def __init__(self) -> None:
        self._terms: dict[Posting, _Remembered] = {}
        self._size = 0
        self._changing = threading.Lock()

    def __contains__(self, key: Posting) -> bool:
        return key in self._terms

    def note(self, key: Posting, bitmaps: Sequence[bytes]) -> None:
        """Has a term that was found to be common remembered from the next time on."""
        if sum(map(len, bitmaps)) >= LEAST_BYTES:
            self._keep(key, _NOTHING)

    def read(self, transaction: Transaction, keys: Sequence[Posting]) -> list[BitMap]:
        """The records of each of at most `AT_ONCE` terms, in one trip. They are not to be changed:
        others get the same."""
        known = [self._terms.get(key, _NOTHING) for key in keys]
        server = max(each.server for each in known)
        given = [
            (*key, each.numbers if each.server == server else "{}")
            for key, each in zip(keys, known, strict=True)
        ]
        found: list[list[_Row]] = [[] for _ in (*keys, None)]
        names = zip(_NAMES, chain.from_iterable(given), strict=False)
        for row in _rows_of(len(keys))(transaction, server=server, **dict(names)):
            found[row[0]].append(row)
        [(_, _, told)] = found.pop()
        assert told is not None
        return [
            self._read(key, each, rows, told)
            for key, each, rows in zip(keys, known, found, strict=True)
        ]

    def _read(
        self, key: Posting, known: _Remembered, rows: Sequence[_Row], server: bytes
    ) -> BitMap:
        came = [bitmap for _, _, bitmap in rows if bitmap is not None]
        if not came and len(rows) == len(known.versions):
            self._keep(key, known)
            return known.records
        if len(came) == len(rows):
            records = join(came)
        else:
            records = BitMap(known.records)
            same = {version for _, version, bitmap in rows if bitmap is None}
            for version in known.versions:
                if version not in same:
                    chunk = version >> 32
                    records.remove_range(chunk << CHUNK_BITS, (chunk + 1) << CHUNK_BITS)
            records |= join(came)
        versions = [version for _, version, _ in rows]
        numbers = f"{{{','.join(map(str, versions))}}}"
        size = len(records.serialize())
        self._keep(key, _Remembered(records, server, versions, numbers, size))
        return records

    def _keep(self, key: Posting, term: _Remembered) -> None:
        with self._changing:
            before = self._terms.pop(key, None)
            if before is not None:
                self._size -= before.size
            if term.size < LEAST_BYTES:
                return
            self._terms[key] = term
            self._size += term.size
            while self._size > MOST_BYTES:
                self._size -= self._terms.pop(next(iter(self._terms))).size


#: The number of a term in its statement, a row's version, and its bitmap if that is not known. The
#: first is of no term and has the server's moment in the place of the bitmap.
_Row = tuple[int, int, bytes | None]

_NAMES: Final = [
    intern(f"{name}_{number}")
    for number in range(AT_ONCE)
    for name in ("access_point", "term", "versions")
]


@lru_cache(maxsize=AT_ONCE)
def _rows_of(size: int) -> Callable[..., list[_Row]]:
    """The rows of `size` terms."""

    @many(tuple[int, int, Any])
    @taking("server", *_NAMES[: 3 * size])
    def rows(**given: Any) -> Statement:
        server = literal_column(_SERVER, LargeBinary)
        version = literal_column(_VERSION, BigInteger)

        def of_term(number: int) -> Select[tuple[int, int, bytes | None]]:
            known = cast(given[f"versions_{number}"], _Numbers)
            is_known = (server == given["server"]) & (version == func.any(known))
            return select(
                literal_column(str(number), Integer),
                version,
                case((is_known, null()), else_=postings.c.bitmap),
            ).where(
                postings.c.access_point == given[f"access_point_{number}"],
                postings.c.term == given[f"term_{number}"],
            )

        told = select(
            literal_column("-1", Integer).label("number"),
            literal_column("0::bigint", BigInteger).label("version"),
            server.label("bitmap"),
        )
        return union_all(told, *map(of_term, range(size)))

    return rows


def remembered_postings(transaction: Transaction) -> RememberedPostings | None:
    """What the process remembers of the transaction's database; None where nothing is."""
    kept = transaction.kept
    if kept is None or transaction.dialect != "postgresql":
        return None
    found = kept.memory.get(RememberedPostings)
    if found is None:
        found = kept.memory.setdefault(RememberedPostings, RememberedPostings())
    assert isinstance(found, RememberedPostings)
    return found
