"""Which stored records incoming ones are: by control number, or by ISBN and title.

* **Control number**: that of a record of the same format and owner, whose source (MARC 21 and
  UNIMARC field 003, danMARC2 001 *b) is the same where both name one. The number of a record that
  was merged leads to its survivor.
* **ISBN and title**: a common ISBN, whatever its form, and the same title as it is sorted, or one
  that the other begins with (``grass`` and ``grass a story``). Records of several volumes share an
  ISBN now and then, so the number alone decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import NamedTuple

from pyroaring import BitMap
from sqlalchemy import select

from catalogue.bitmaps import deserialise
from catalogue.changes.made import Made
from catalogue.database import Statement, Transaction, columns, many_of
from catalogue.index.access_points import ACCESS_POINTS, PRESENT, Kind
from catalogue.index.collecting import Columns
from catalogue.marc.iso2709 import fields, subfields
from catalogue.schema import former_records, postings, records, sort_keys

_ISBN = ACCESS_POINTS["isbn"].index(Kind.NUMBER)


class MatchKey(Enum):
    """What shows that two records are the same. The value is its name for people."""

    CONTROL_NUMBER = "control-number"
    ISBN_TITLE = "isbn-title"


class Match(NamedTuple):
    """The records found for an incoming one: none, one, or too many. `by` is what found them;
    `is_merged` tells that the record was merged into the one found."""

    ids: tuple[int, ...] = ()
    by: str = ""
    is_merged: bool = False


class Candidate(NamedTuple):
    """A stored record, as far as matching asks; its fields of identification."""

    id: int
    record_format: str
    source: bytes
    title_key: bytes


class _NumberedRecord(NamedTuple):
    control_number: str
    id: int
    format: str
    agency_id: int | None
    data: bytes


@many_of(_NumberedRecord)
def _by_control_number(*, control_numbers: Sequence[str]) -> Statement:
    return select(*columns(_NumberedRecord, records)).where(
        records.c.control_number.in_(control_numbers)
    )


class _Survivor(NamedTuple):
    control_number: str
    record_id: int
    format: str
    agency_id: int | None


@many_of(_Survivor)
def _survivors(*, control_numbers: Sequence[str]) -> Statement:
    given = {"control_number": former_records.c.control_number, "record_id": records.c.id}
    return (
        select(*columns(_Survivor, records, **given))
        .join(records, former_records.c.survivor_id == records.c.id)
        .where(former_records.c.control_number.in_(control_numbers))
    )


@many_of(tuple[bytes, bytes])
def _by_isbn(*, terms: Sequence[bytes]) -> Statement:
    is_wanted = (postings.c.access_point == _ISBN) & postings.c.term.in_(terms)
    return select(postings.c.term, postings.c.bitmap).where(is_wanted)


class _TitleKey(NamedTuple):
    record_id: int
    format: str
    agency_id: int | None
    title: bytes


@many_of(_TitleKey)
def _title_keys(*, record_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(_TitleKey, records, record_id=records.c.id, title=sort_keys.c.title))
        .join(sort_keys, sort_keys.c.record_id == records.c.id)
        .where(records.c.id.in_(record_ids))
    )


def source_of(record_format: str, data: bytes) -> bytes:
    """Who has given the record its control number; empty where it does not say."""
    for tag, content in fields(data):
        if record_format == "danmarc2":
            if tag == b"001":
                return next((value for code, value in subfields(content) if code == b"b"), b"")
        elif tag == b"003":
            return content.strip()
    return b""


def isbns_of(columns: Iterable[Columns]) -> dict[int, list[bytes]]:
    """The ISBNs of records, from their rows of the index."""
    found: defaultdict[int, list[bytes]] = defaultdict(list)
    for part in columns:
        if part.access_point == _ISBN:
            for term, bitmap in zip(part.terms, part.bitmaps, strict=True):
                if term != PRESENT:
                    for number in deserialise(bitmap):
                        found[number].append(term)
    return found


class Matcher:
    """Finds the stored records that match those of a batch, and learns the batch's own on the
    way."""

    def __init__(
        self,
        transaction: Transaction,
        made: Sequence[Made],
        isbns: dict[int, list[bytes]],
        keys: Sequence[MatchKey],
        agency_id: int | None,
    ) -> None:
        self._keys = keys
        self._isbns = isbns
        self._by_number: defaultdict[str, list[Candidate]] = defaultdict(list)
        self._by_isbn: defaultdict[bytes, list[Candidate]] = defaultdict(list)
        self._merged: defaultdict[str, list[Candidate]] = defaultdict(list)
        if MatchKey.CONTROL_NUMBER in keys:
            self._read_control_numbers(transaction, made, agency_id)
        if MatchKey.ISBN_TITLE in keys:
            self._read_isbns(transaction, made, agency_id)

    def _read_control_numbers(
        self, transaction: Transaction, made: Sequence[Made], agency_id: int | None
    ) -> None:
        numbers = sorted({each.description.control_number or "" for each in made} - {""})
        for found in _by_control_number(transaction, control_numbers=numbers):
            if found.agency_id == agency_id:
                source = source_of(found.format, bytes(found.data))
                self._by_number[found.control_number].append(
                    Candidate(found.id, found.format, source, b"")
                )
        for row in _survivors(transaction, control_numbers=numbers):
            if row.agency_id == agency_id:
                self._merged[row.control_number].append(
                    Candidate(row.record_id, row.format, b"", b"")
                )

    def _read_isbns(
        self, transaction: Transaction, made: Sequence[Made], agency_id: int | None
    ) -> None:
        wanted = sorted({term for each in made for term in self._isbns.get(each.id, ())})
        having = [
            (term, deserialise(bitmap)) for term, bitmap in _by_isbn(transaction, terms=wanted)
        ]
        ids = list(BitMap().union(*(bitmap for _, bitmap in having)))
        known = {
            row.record_id: Candidate(row.record_id, row.format, b"", bytes(row.title))
            for row in _title_keys(transaction, record_ids=ids)
            if row.agency_id == agency_id
        }
        for term, bitmap in having:
            self._by_isbn[term] += [known[number] for number in bitmap if number in known]

    def match(self, record: Made) -> Match:
        """The records that match this one, by the first of the keys that finds any."""
        for key in self._keys:
            found = (
                self._same_number(record)
                if key is MatchKey.CONTROL_NUMBER
                else self._same_isbn_and_title(record)
            )
            if found.ids:
                return found
        return Match()

    def _same_number(self, record: Made) -> Match:
        number = record.description.control_number
        if not number:
            return Match()
        by = f"control number {number}"
        source = source_of(record.record_format, record.data)
        ids = {
            each.id
            for each in self._by_number.get(number, ())
            if each.record_format == record.record_format
            and (each.source == source or not (each.source and source))
        }
        if ids:
            return Match(tuple(sorted(ids)), by)
        merged = {
            each.id
            for each in self._merged.get(number, ())
            if each.record_format == record.record_format
        }
        return Match(tuple(sorted(merged)), by, is_merged=True)

    def _same_isbn_and_title(self, record: Made) -> Match:
        title = record.description.title_key
        ids = {
            each.id
            for term in self._isbns.get(record.id, ())
            for each in self._by_isbn.get(term, ())
            if each.record_format == record.record_format and _are_alike(title, each.title_key)
        }
        return Match(tuple(sorted(ids)), "ISBN and title")

    def learn(self, record: Made, record_id: int) -> None:
        """The record is, or will be, stored under this id: those behind it may be the same."""
        number = record.description.control_number
        source = source_of(record.record_format, record.data)
        candidate = Candidate(record_id, record.record_format, source, record.description.title_key)
        if number:
            self._by_number[number].append(candidate)
        for term in self._isbns.get(record.id, ()):
            self._by_isbn[term].append(candidate)


def _are_alike(one: bytes, other: bytes) -> bool:
    """Are the titles the same, or is one the other without its end?"""
    if not (one and other):
        return False
    shorter, longer = sorted((one, other), key=len)
    return longer == shorter or longer.startswith(shorter + b" ")
