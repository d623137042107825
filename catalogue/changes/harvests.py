"""What has changed, for those who copy the catalogue: each record once, whatever happens meanwhile.

A list goes through the records by their ids, which never change, and not by their change numbers: a
record that changes while the list is read would move behind the reader, and come twice, or behind
its end, and not come at all. So each record that was there at the beginning is met once, as it is
when it is met. What is asked for are the records whose last change is numbered at `first` or above:
numbers only grow, so none that met this at the beginning leaves the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import func, select

from catalogue.bitmaps import join
from catalogue.change_notes import Aspect
from catalogue.changes.numbering import EVERYTHING, public_sets, published_before
from catalogue.database import Statement, Transaction, many, many_of, scalar, scalars
from catalogue.schema import published_records, record_changes, records

#: Where no more have changed since, they are found by their numbers, else by going through all.
FEW: Final = 5_000
#: Records that are looked at in one go.
BLOCK: Final = 500


class Harvest(NamedTuple):
    """What somebody asks for: the records of a holder (None: of all), whose last change has a
    number from `first` to `last`, as far as `fits` says that their format will do.

    `upto` is the highest record id that belongs to the list.
    """

    holder: str | None
    first: int
    last: int | None
    upto: int
    fits: Callable[[str], bool]


class Harvested(NamedTuple):
    """A record that has changed. `holders` are those whose it is, or was where `is_deleted`: it is
    gone, is hidden from the public, or has left the set that was asked for."""

    id: int
    number: int
    is_deleted: bool
    holders: tuple[str, ...]


_RECORD = record_changes.c.aspect == Aspect.RECORD.value


@many(tuple[int, int])
def _from_number(*, first: int, at_most: int) -> Statement:
    return (
        select(record_changes.c.record_id, record_changes.c.number)
        .where(_RECORD, record_changes.c.number >= first)
        .order_by(record_changes.c.number)
        .limit(at_most)
    )


@many(tuple[int, int])
def _from_id(*, after: int, upto: int) -> Statement:
    return (
        select(record_changes.c.record_id, record_changes.c.number)
        .where(_RECORD, record_changes.c.record_id > after, record_changes.c.record_id <= upto)
        .order_by(record_changes.c.record_id)
        .limit(BLOCK)
    )


@many_of(tuple[int, int])
def _numbers_of(*, record_ids: Sequence[int]) -> Statement:
    return select(record_changes.c.record_id, record_changes.c.number).where(
        _RECORD, record_changes.c.record_id.in_(record_ids)
    )


@many_of(tuple[int, str])
def _formats(*, record_ids: Sequence[int]) -> Statement:
    return select(records.c.id, records.c.format).where(records.c.id.in_(record_ids))


@scalars(bytes)
def _published(*, holder: str) -> Statement:
    return (
        select(published_records.c.bitmap)
        .where(published_records.c.holder == holder)
        .order_by(published_records.c.chunk)
    )


@scalar(int)
def last_changed_id() -> Statement:
    """The highest id of a record that has a number; None where there is none."""
    return select(func.max(record_changes.c.record_id)).where(_RECORD)


def harvested(
    transaction: Transaction, harvest: Harvest, *, after: int, at_most: int
) -> list[Harvested]:
    """The next records of the list behind the id `after`, `at_most` of them."""
    found: list[Harvested] = []
    for block in _blocks(transaction, harvest, after):
        changed = {
            record_id: number
            for record_id, number in block
            if number >= harvest.first and (harvest.last is None or number <= harvest.last)
        }
        found += states_of(transaction, changed, harvest.holder, harvest.fits)
        if len(found) >= at_most:
            break
    return found[:at_most]


def _blocks(
    transaction: Transaction, harvest: Harvest, after: int
) -> Iterator[Sequence[tuple[int, int]]]:
    """Ids and numbers of records in the order of their ids, some more than are asked for."""
    within = (
        None if harvest.holder is None else join(_published(transaction, holder=harvest.holder))
    )
    if harvest.first:
        few = _from_number(transaction, first=harvest.first, at_most=FEW + 1)
        if len(few) <= FEW:
            few = [each for each in few if after < each[0] <= harvest.upto]
            if within is not None:
                few = [each for each in few if each[0] in within]
            few.sort()
            yield from (few[at : at + BLOCK] for at in range(0, len(few), BLOCK))
            return
    if within is None:
        while block := _from_id(transaction, after=after, upto=harvest.upto):
            yield block
            after = block[-1][0]
    else:
        place = within.rank(after) if after > 0 else 0
        while ids := [each for each in within[place : place + BLOCK] if each <= harvest.upto]:
            yield sorted(_numbers_of(transaction, record_ids=ids))
            place += BLOCK


def states_of(
    transaction: Transaction,
    numbers: dict[int, int],
    holder: str | None,
    fits: Callable[[str], bool],
) -> list[Harvested]:
    """What is to be told of records, by their ids with their numbers, in the order of the ids;
    those that were never published in the set are left out."""
    ids = sorted(numbers)
    formats = dict(_formats(transaction, record_ids=ids))
    public = public_sets(transaction, [each for each in ids if each in formats])
    asked = EVERYTHING if holder is None else holder
    here = public.get(asked, BitMap())
    absent = [each for each in ids if each not in here]
    before = published_before(transaction, absent) if absent else {}
    gone = before.get(asked, BitMap())
    found = []
    for record_id in ids:
        if record_id in here:
            if fits(formats[record_id]):
                its = _holders(public, record_id)
                found.append(Harvested(record_id, numbers[record_id], False, its))
        elif record_id in gone:
            is_elsewhere = record_id in public.get(EVERYTHING, BitMap())
            its = (asked,) if is_elsewhere else _holders(before, record_id)
            found.append(Harvested(record_id, numbers[record_id], True, its))
    return found


def state_of(transaction: Transaction, record_id: int) -> Harvested | None:
    """The same of one record, in the whole catalogue."""
    numbers = dict(_numbers_of(transaction, record_ids=[record_id]))
    found = states_of(transaction, numbers, None, lambda record_format: True)
    return found[0] if found else None


def _holders(sets: dict[str, BitMap], record_id: int) -> tuple[str, ...]:
    return tuple(
        sorted(holder for holder, its in sets.items() if holder != EVERYTHING and record_id in its)
    )
