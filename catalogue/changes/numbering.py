"""Change numbers: a record's last change in an order that nobody who reads by it misses.

A sequence of the database will not do: PostgreSQL gives numbers out before transactions commit, so
the lower of two numbers may become visible after the higher one, behind a reader who has passed it.
Therefore

* whoever changes a record only writes a note (`catalogue.change_notes`), and
* one transaction at a time takes the notes that it sees, which are those of committed changes, and
  gives their records numbers above all others. It is alone because it locks the table until its
  commit; on SQLite there is but one writer anyway. So numbers become visible in their order.

A number is also a moment: microseconds since 1970, read from the clock *after* the notes were, and
never lower than the one before. Whoever reads needs a moment from which to ask the next time, so
that nothing is missed: the present, where no note is to be seen. For a note that is written later
is numbered later, by a clock that is read later. Where there are notes, it is the last number that
was given: whatever is numbered afterwards is above it. `safe_moment` says which, with a margin for
hosts whose clocks differ and for snapshots that are shared for some milliseconds.

With the numbers it is noted which sets a record was published in: whoever harvests a set is told
when a record leaves it, and that a record is gone which they may have seen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pyroaring import BitMap
from sqlalchemy import Select, delete, func, insert, literal_column, select, text, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from catalogue.bitmaps import CHUNK_BITS
from catalogue.change_notes import Aspect
from catalogue.database import (
    Statement,
    Transaction,
    change,
    columns,
    lock,
    many,
    many_of,
    scalar,
    scalars_of,
    send,
    send_many,
)
from catalogue.holders import NO_CONSORTIUM, hidden_name, holders_of
from catalogue.schema import (
    change_notes,
    former_records,
    published_records,
    record_changes,
    records,
)

#: Records that one transaction numbers. Each time all branches are read that have some of the
#: sixty thousand around them, and most are written. On SQLite nobody lends meanwhile; on PostgreSQL
#: everybody does, and what has been loaded into a consortium takes a fifth of the work so.
AT_MOST: Final = {"sqlite": 100, "postgresql": 2_000}
#: Notes that one transaction reads.
_NOTES: Final = 100
#: By how much the clocks of hosts may differ, and a shared snapshot be older than the request.
MARGIN: Final = timedelta(seconds=2)
#: The holder that stands for everything that was ever published.
EVERYTHING: Final = "all"

_SECOND: Final = 1_000_000


class Numbered(NamedTuple):
    """How many records were given numbers, and whether there is more to do."""

    records: int
    is_more: bool


class _Note(NamedTuple):
    id: int
    aspects: int
    first_id: int
    last_id: int


class _Change(NamedTuple):
    aspect: int
    record_id: int
    number: int


@lock
def _lock() -> Statement:
    return text("LOCK TABLE record_changes IN SHARE ROW EXCLUSIVE MODE")


@many(_Note)
def _notes() -> Statement:
    return select(*columns(_Note, change_notes)).order_by(change_notes.c.id).limit(_NOTES)


@scalar(int)
def _any_note() -> Statement:
    return select(change_notes.c.id).limit(1)


@scalars_of(int)
def _take(*, note_ids: Sequence[int]) -> Statement:
    taken = delete(change_notes).where(change_notes.c.id.in_(note_ids))
    return taken.returning(change_notes.c.id)


@send
def _shorten(*, note_id: int, first: int) -> Statement:
    return update(change_notes).where(change_notes.c.id == note_id).values(first_id=first)


def _last(aspect: int) -> Select[tuple[int]]:
    return select(func.max(record_changes.c.number)).where(record_changes.c.aspect == aspect)


@scalar(int)
def last_number(*, aspect: int) -> Statement:
    """The highest number that was given for the aspect; None where there is none."""
    return _last(aspect)


@scalar(int)
def first_number(*, aspect: int) -> Statement:
    """The lowest number of any record in the aspect; None where there is none."""
    return select(func.min(record_changes.c.number)).where(record_changes.c.aspect == aspect)


@many_of(tuple[int, int])
def _there(*, record_ids: Sequence[int]) -> Statement:
    return union_all(
        select(records.c.id, literal_column("1")).where(records.c.id.in_(record_ids)),
        select(former_records.c.id, literal_column("0")).where(former_records.c.id.in_(record_ids)),
    )


def _renumber(dialect: type[sqlite.Insert] | type[postgresql.Insert]) -> Callable[..., None]:
    @send_many
    def renumber(record: _Change) -> Statement:
        made = dialect(record_changes).values(**record._asdict())
        return made.on_conflict_do_update(
            index_elements=list(record_changes.primary_key),
            set_={"number": made.excluded.number},
        )

    return renumber


_RENUMBER: Final = {
    "sqlite": _renumber(sqlite.Insert),
    "postgresql": _renumber(postgresql.Insert),
}


def is_unnumbered(transaction: Transaction) -> bool:
    """Is there a change that has no number yet?"""
    return _any_note(transaction) is not None


def number_of(moment: datetime) -> int:
    """The number of a change that is numbered at that moment."""
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * _SECOND + moment.microsecond


def moment_of(number: int) -> datetime:
    """When the change with that number was numbered."""
    whole, rest = divmod(number, _SECOND)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=rest)


def safe_moment(transaction: Transaction, now: datetime, aspect: Aspect) -> datetime:
    """A moment, as late as can be said, so that all that this transaction does not see has a
    number that is not below it. `now` was read before the transaction began."""
    last = last_number(transaction, aspect=aspect.value)
    present = now - MARGIN
    if last is None or not is_unnumbered(transaction):
        return present
    return min(present, moment_of(last))


def number_changes(transaction: Transaction, clock: Callable[[], datetime]) -> Numbered:
    """Gives numbers to the changes that are noted, the oldest first, `AT_MOST` records at once.

    The clock is read after the notes: see the head of this module.
    """
    if not is_unnumbered(transaction):
        return Numbered(0, is_more=False)
    _lock(transaction)
    notes = _notes(transaction)
    wanted: defaultdict[Aspect, BitMap] = defaultdict(BitMap)
    done: list[int] = []
    room = most = AT_MOST[transaction.dialect]
    is_more = len(notes) == _NOTES
    for note in notes:
        last = min(note.last_id, note.first_id + room - 1)
        for aspect in Aspect:
            if note.aspects & aspect:
                wanted[aspect].add_range(note.first_id, last + 1)
        room -= last - note.first_id + 1
        if last < note.last_id:
            _shorten(transaction, note_id=note.id, first=last + 1)
        else:
            done.append(note.id)
        if not room:
            is_more = True
            break
    _take(transaction, note_ids=done)
    now = number_of(clock())
    for aspect, ids in wanted.items():
        _number(transaction, aspect, list(ids), now)
    return Numbered(most - room, is_more)


def _number(transaction: Transaction, aspect: Aspect, ids: Sequence[int], now: int) -> None:
    there = dict(_there(transaction, record_ids=ids))
    if not there:
        return
    last = last_number(transaction, aspect=aspect.value)
    first = now if last is None else max(now, last + 1)
    numbered = enumerate(sorted(there), first)
    _RENUMBER[transaction.dialect](
        transaction, [_Change(aspect.value, record_id, number) for number, record_id in numbered]
    )
    if aspect is Aspect.RECORD:
        _publish(transaction, [record_id for record_id, is_here in there.items() if is_here])


# Which sets a record was ever published in


class _Published(NamedTuple):
    holder: str
    chunk: int
    bitmap: bytes


@many(tuple[str, bytes])
def _published_in_chunk(*, chunk: int) -> Statement:
    its = published_records.c.chunk == chunk
    return select(published_records.c.holder, published_records.c.bitmap).where(its)


@change
def _forget(*, holder: str, chunk: int) -> Statement:
    its = (published_records.c.holder == holder) & (published_records.c.chunk == chunk)
    return delete(published_records).where(its)


@send_many
def _insert_published(record: _Published) -> Statement:
    return insert(published_records).values(**record._asdict())


def _publish(transaction: Transaction, ids: Iterable[int]) -> None:
    by_chunk: defaultdict[int, list[int]] = defaultdict(list)
    for record_id in ids:
        by_chunk[record_id >> CHUNK_BITS].append(record_id)
    for chunk, its in by_chunk.items():
        shown = public_sets(transaction, its)
        known = dict(_published_in_chunk(transaction, chunk=chunk))
        for holder, found in shown.items():
            row = known.get(holder)
            before = BitMap() if row is None else BitMap.deserialize(bytes(row))
            after = before | found
            if after != before:
                if row is not None:
                    _forget(transaction, holder=holder, chunk=chunk)
                _insert_published(transaction, [_Published(holder, chunk, after.serialize())])


def public_sets(transaction: Transaction, ids: Sequence[int]) -> dict[str, BitMap]:
    """The records of these that everybody may see, and who has them: by holder, and all of them
    under `EVERYTHING`. They are there, all of them."""
    held = holders_of(transaction, ids)
    public = BitMap(ids) - held.get(hidden_name(NO_CONSORTIUM), BitMap())
    found = {EVERYTHING: public}
    for holder, its in held.items():
        if not holder.startswith("hidden:"):
            found[holder] = its & public
    return {holder: its for holder, its in found.items() if its}


def published_before(transaction: Transaction, ids: Sequence[int]) -> dict[str, BitMap]:
    """The same for what was ever published, be it gone or hidden by now."""
    wanted = BitMap(ids)
    found: dict[str, BitMap] = {}
    for chunk in {record_id >> CHUNK_BITS for record_id in ids}:
        for holder, bitmap in _published_in_chunk(transaction, chunk=chunk):
            if its := BitMap.deserialize(bytes(bitmap)) & wanted:
                found[holder] = found.get(holder, BitMap()) | its
    return found
