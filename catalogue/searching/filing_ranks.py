"""The place of every record in the order of titles, of authors or of years, as arrays (numpy).

With places at hand records are put in order by arithmetic, where the database would look for the
keys of each, or walk past all that are not among them. They take 4 bytes a record, years 2, and 4
more all records as they stand in the order: of many records those that come first are found at its
head. The order is that of the snapshot nevertheless:

* What came after the places were read has none, and what was given other keys since, or was
  removed, loses its own: `refiled_records` tells that to each snapshot. Of these records, if they
  are among those to be sorted, the keys decide (`catalogue.searching.sorting`).
* A snapshot that is older than the places does not use them. Older is one that knows of fewer such
  changes; what was added later it has not found.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Generator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy
from numpy.typing import NDArray
from pyroaring import BitMap
from sqlalchemy import ColumnElement, case, func, select

from catalogue.bitmaps import deserialise
from catalogue.database import Statement, Transaction, many, scalar, scalar_one
from catalogue.schema import refiled_records, sort_keys
from catalogue.searching.sort_statements import COLUMNS, SortKey, ids_of, joined

#: Records that one step reads: some milliseconds.
ROWS: Final = 16_384
#: So many of the records to be sorted may be without a place, and one in sixteen of them, before
#: the places are worn.
MOST_UNKNOWN: Final = 256

#: Years are few, so that their places are small numbers. 0 is the place of a record that has none,
#: the highest number that of those without the key.
_TYPES: Final = {"title": numpy.uint32, "author": numpy.uint32, "year": numpy.uint16}
_FAR: Final = 1 << 40
#: The head of an order that is looked at first has so many times as many of the records as are
#: wanted, where these lie scattered; each further one is so many times as long.
_AMPLE, _FURTHER = 4, 8

_Places = NDArray[Any]
_NOBODY: Final = numpy.empty(0, numpy.uint32)
_id = sort_keys.c.record_id


class _Refiled(NamedTuple):
    number: int
    records: bytes


@scalar_one(int)
def _last_number() -> Statement:
    return select(func.coalesce(func.max(refiled_records.c.number), 0))


@many(_Refiled)
def _refiled(*, after: int) -> Statement:
    return select(refiled_records.c.number, refiled_records.c.records).where(
        refiled_records.c.number > after
    )


@scalar_one(int)
def _last_id() -> Statement:
    return select(func.coalesce(func.max(_id), 0))


class _Above(Protocol):
    def __call__(self, transaction: Transaction, /, *, value: Any, rows: int) -> str | None: ...


class _ValueOf(Protocol):
    def __call__(self, transaction: Transaction, /, *, record_id: int) -> Any: ...


def _above(column: ColumnElement[Any]) -> _Above:
    """The first records of a higher value, in order; with a minus those of the same as the one
    before."""

    @scalar(str)
    def above(*, value: Any, rows: int) -> Statement:
        some = select(_id, column).where(column > value).order_by(column, _id).limit(rows)
        found = some.subquery()
        number, key = found.c
        before = func.lag(key).over(order_by=(key, number))
        marked = case((key == before, -number), else_=number).label("record_id")
        return joined(select(marked).order_by(key, number))

    return above


def _value_of(column: ColumnElement[Any]) -> _ValueOf:
    @scalar_one(bytes)
    def value_of(*, record_id: int) -> Statement:
        return select(column).where(_id == record_id)

    return value_of


_ABOVE: Final = {name: _above(each.column) for name, each in COLUMNS.items()}
_VALUE_OF: Final = {name: _value_of(each.column) for name, each in COLUMNS.items()}


def _bitmap(ids: _Places) -> BitMap:
    """Sorted, and as an array of Python's, they are taken over in a tenth of the time."""
    return BitMap(array("I", numpy.sort(ids).tobytes()))


class Found(NamedTuple):
    """Of some records the first in order, as many as are wanted, and all that have no place."""

    known: list[int]
    unknown: list[int]


class FilingRanks:
    """The places in one order, as snapshots since that of `number` changes have them."""

    def __init__(self, places: _Places, order: _Places, base: int, number: int) -> None:
        self.places = places
        #: What has no place.
        self.unplaced = _bitmap(numpy.flatnonzero(places == 0).astype(numpy.uint32))
        self._order = order  # of what has the key; what was given another since has no place
        self._number = number
        self._seen = base  # changes until this one are in the places
        self._seeing = threading.Lock()
        #: Should they be read anew?
        self.is_worn = False

    def head(self, records: BitMap, wanted: int, *, is_descending: bool) -> BitMap | None:
        """Those of the records that have places and stand before all others of them, `wanted` or
        more; None where it would take longer to find these than to look at all."""
        size = wanted + _AMPLE * wanted * len(self._order) // len(records)
        while size <= len(records):
            found = records & self._first(size, is_descending)
            if len(found) >= wanted:
                return found
            size *= _FURTHER
        return None

    def _first(self, size: int, is_descending: bool) -> BitMap:
        order = self._order[-size:] if is_descending else self._order[:size]
        places = self.places[order]
        known = places[places != 0]
        if not len(known):
            return BitMap()
        # What is beyond may have the last value, too.
        if is_descending:
            return _bitmap(order[places > known.min()])
        return _bitmap(order[(places != 0) & (places < known.max())])

    def agree_with(self, transaction: Transaction) -> bool:
        """Can they be used for this snapshot? Places that it knows to be others are forgotten."""
        number = _last_number(transaction)
        if number < self._number:
            return False
        if number > self._seen:
            with self._seeing:
                return number <= self._seen or self._forget(transaction, number)
        return True

    def _forget(self, transaction: Transaction, number: int) -> bool:
        refiled = _refiled(transaction, after=self._seen)
        if len(refiled) < number - self._seen:  # the oldest of them are not kept any longer
            self.is_worn = True
            return False
        gone = BitMap.union(*[deserialise(each.records) for each in refiled])
        ids = numpy.frombuffer(gone.to_array(), numpy.uint32)
        self.unplaced = self.unplaced | gone  # first: `first_of` looks at it last
        self.places[ids[ids < len(self.places)]] = 0
        self._seen = number  # last: who reads it need not look at what is forgotten
        return True


def first_of(
    ranks: Sequence[FilingRanks], records: BitMap, keys: Sequence[SortKey], wanted: int
) -> Found:
    """The first `wanted` of the records by all keys, of which each has its ranks; what is equal in
    order of id."""
    size, some = min(len(each.places) for each in ranks), None
    if not keys[0].missing_first:
        some = ranks[0].head(records, wanted, is_descending=keys[0].descending)
    ids = numpy.frombuffer((records if some is None else some).to_array(), numpy.uint32)
    ids = ids[: int(numpy.searchsorted(ids, size))]
    places = [each.places[ids] for each in ranks]
    is_known = numpy.logical_and.reduce([each != 0 for each in places])
    if not is_known.all():
        ids, places = ids[is_known], [each[is_known] for each in places]
    unknown = BitMap.union(*[each.unplaced for each in ranks]) & records
    unknown |= records[records.rank(size - 1) :]
    if len(unknown) > MOST_UNKNOWN + len(records) // 16:
        for each in ranks:
            each.is_worn = True
    values = [_values(key, each) for key, each in zip(keys, places, strict=True)]
    if wanted < len(ids):  # those that are equal in the first key to the last one among them
        last = numpy.partition(values[0], wanted - 1)[wanted - 1]
        chosen = numpy.flatnonzero(values[0] <= last)
        ids, values = ids[chosen], [each[chosen] for each in values]
    order = numpy.lexsort(tuple(values[::-1]))
    return Found(ids[order[:wanted]].tolist(), unknown.to_array().tolist())


def _values(key: SortKey, places: _Places) -> _Places:
    """Numbers that rise in the order of the key."""
    if not key.descending and not key.missing_first:
        return places
    is_missing = places == numpy.iinfo(places.dtype).max
    values = places.astype(numpy.int64)
    if key.descending:
        numpy.negative(values, out=values)
    values[is_missing] = -_FAR if key.missing_first else _FAR
    return values


# Reading them


class Older(Exception):
    """The snapshot of a step is older than that of the first."""


def read_ranks(name: str) -> Generator[None, Transaction, FilingRanks]:
    """Reads the places of all records by title, author or year: each step is sent a transaction,
    which may be another one.

    What is changed meanwhile is noted in `refiled_records` behind the number of the first step.
    Raises Older.
    """
    transaction = yield
    base = number = _last_number(transaction)
    places = numpy.zeros(_last_id(transaction) + 1, _TYPES[name])
    order: list[_Places] = []
    steps = _fill(name, places, order)
    next(steps)
    is_over = False
    while not is_over:
        transaction = yield
        if _last_number(transaction) < base:
            raise Older
        try:
            steps.send(transaction)
        except StopIteration:
            is_over = True
        # Afterwards: on PostgreSQL each statement of a read has a snapshot of its own.
        number = max(number, _last_number(transaction))
    return FilingRanks(places, numpy.concatenate([*order, _NOBODY]), base, number)


def _fill(name: str, places: _Places, order: list[_Places]) -> Generator[None, Transaction, None]:
    """The places in one order: all of a value have the same, the next value the next. Into `order`
    goes what has the key, part by part."""
    column, above, value_of = COLUMNS[name], _ABOVE[name], _VALUE_OF[name]

    def put(ids: Sequence[int] | _Places, place: object) -> _Places:
        each = numpy.asarray(ids, numpy.int64)
        is_within = each < len(places)  # others came later
        each = each[is_within]
        places[each] = place[is_within] if isinstance(place, numpy.ndarray) else place
        return each.astype(numpy.uint32)

    missing = int(numpy.iinfo(places.dtype).max)
    transaction = yield
    ids = [0]
    while ids := ids_of(
        column.having(transaction, value=column.missing, behind=ids[-1], rows=ROWS)
    ):
        put(ids, missing)
        transaction = yield
    value, place = column.missing, 0
    while found := ids_of(above(transaction, value=value, rows=ROWS)):
        marked = numpy.array(found, numpy.int64)
        ranks = place + numpy.cumsum(marked > 0)
        order.append(put(numpy.abs(marked), ranks))
        last, place = abs(found[-1]), int(ranks[-1])
        value = value_of(transaction, record_id=last)
        while ids := ids_of(column.having(transaction, value=value, behind=last, rows=ROWS)):
            order.append(put(ids, place))
            last = ids[-1]
            transaction = yield
        transaction = yield
