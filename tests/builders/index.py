"""All that is derived from records, in a comparable form: what maintenance must keep right."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import select

from catalogue.bitmaps import CHUNK_BITS, deserialise
from catalogue.database import Database, Statement, Transaction, many
from catalogue.schema import held_records, postings, records, sort_keys
from tests.builders.catalogue import add_records


@many(tuple[int, bytes, int, int, bytes])
def _postings() -> Statement:
    return select(
        postings.c.access_point,
        postings.c.term,
        postings.c.chunk,
        postings.c.count,
        postings.c.bitmap,
    )


@many(tuple[int, bytes, bytes, int])
def _sort_keys() -> Statement:
    return select(sort_keys.c.record_id, sort_keys.c.title, sort_keys.c.author, sort_keys.c.year)


@many(tuple[int, str | None, str, str, int | None])
def _described() -> Statement:
    return select(
        records.c.id,
        records.c.control_number,
        records.c.title,
        records.c.author,
        records.c.year,
    )


@many(tuple[str, bytes])
def _held() -> Statement:
    return select(held_records.c.holder, held_records.c.bitmap)


class Derived(NamedTuple):
    """Rows of `postings` by index, term and chunk; sort keys, descriptions and holders."""

    postings: dict[tuple[int, bytes, int], list[int]]
    sort_keys: dict[int, tuple[bytes, bytes, int]]
    described: dict[int, tuple[Any, ...]]
    held: dict[str, list[int]]


def derived(database: Database) -> Derived:
    """What the database holds, each row of the index checked for itself."""
    return database.read(_derived, wide=True).result()


def _derived(transaction: Transaction) -> Derived:
    rows = {}
    for index, term, chunk, count, bitmap in _postings(transaction):
        ids = list(deserialise(bytes(bitmap)))
        assert len(ids) == count > 0
        assert all(number >> CHUNK_BITS == chunk for number in ids)
        rows[index, bytes(term), chunk] = ids
    held: defaultdict[str, list[int]] = defaultdict(list)
    for holder, bitmap in _held(transaction):
        held[holder] += deserialise(bytes(bitmap))
    return Derived(
        rows,
        {row[0]: (bytes(row[1]), bytes(row[2]), row[3]) for row in _sort_keys(transaction)},
        {row[0]: tuple(row[1:]) for row in _described(transaction)},
        {holder: sorted(ids) for holder, ids in held.items()},
    )


def fresh(database: Database, texts: Mapping[int, bytes]) -> Derived:
    """What an empty database holds when these records have been loaded under these ids."""

    def load(transaction: Transaction) -> None:
        for number, data in sorted(texts.items()):
            add_records(transaction, [data], first_id=number)

    database.write(load).result()
    return derived(database)
