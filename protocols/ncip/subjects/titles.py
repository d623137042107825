"""Titles: the record that a BibliographicId means, and how a record is described."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from catalogue.changes.former_records import survivors_of_control_number
from catalogue.database import Transaction
from catalogue.index.numbers import isbn_keys
from catalogue.marc.iso2709 import fields, subfields
from catalogue.records import (
    Record,
    control_numbers_of,
    fetch_records,
    find_by_control_number,
)
from catalogue.searching.standard_numbers import readings, records_with
from circulation.kernel.results import Item
from protocols.ncip.messages import Code, Problem, agency_code
from protocols.ncip.models.items import (
    BibliographicDescription,
    BibliographicId,
    BibliographicItemId,
    BibliographicRecordId,
)
from protocols.ncip.problems.problem_types import ProblemType
from protocols.ncip.problems.problems import problem

#: By record format, the fields and subfields of what is told in addition to title and author.
_ISBN = {"marc21": ((b"020", b"a"),), "danmarc2": ((b"021", b"ae"),), "unimarc": ((b"010", b"a"),)}
_EDITION = {
    "marc21": ((b"250", b"a"),),
    "danmarc2": ((b"250", b"a"),),
    "unimarc": ((b"205", b"a"),),
}
_PLACE = {
    "marc21": ((b"264", b"a"), (b"260", b"a")),
    "danmarc2": ((b"260", b"a"),),
    "unimarc": ((b"214", b"a"), (b"210", b"a")),
}
_PUBLISHER = {
    "marc21": ((b"264", b"b"), (b"260", b"b")),
    "danmarc2": ((b"260", b"b"),),
    "unimarc": ((b"214", b"c"), (b"210", b"c")),
}
_SERIES = {
    "marc21": ((b"490", b"a"), (b"440", b"a")),
    "danmarc2": ((b"440", b"a"),),
    "unimarc": ((b"225", b"a"),),
}
_ELECTRONIC = {
    "marc21": ((b"856", b"u"),),
    "danmarc2": ((b"856", b"u"),),
    "unimarc": ((b"856", b"u"),),
}
_Places = Mapping[str, tuple[tuple[bytes, bytes], ...]]


def record_meant(transaction: Transaction, given: BibliographicId) -> int | Problem:
    """The id of the record: by its control number, or by an ISBN, ISSN or other number.

    Discovery layers write plain control numbers as BibliographicItemIdentifier, so each kind is
    tried as the other.
    """
    element, number = number_of(given)
    if number is None:
        return problem(ProblemType.NEEDED_DATA_MISSING, "the identifier is empty", element)
    found = find_by_control_number(transaction, control_number=number)
    found = found or survivors_of_control_number(transaction, number)
    if found:
        return found[0].id
    for each in records_with(transaction, readings(number)):
        return each
    return problem(ProblemType.UNKNOWN_ITEM, "no record has this number", element, number)


def number_of(given: BibliographicId) -> tuple[str, str | None]:
    """The element of the record's number, and the number."""
    record_id, item_id = given.bibliographic_record_id, given.bibliographic_item_id
    number = record_id.bibliographic_record_identifier if record_id is not None else None
    if number is None and item_id is not None:
        return "BibliographicItemIdentifier", item_id.bibliographic_item_identifier
    return "BibliographicRecordIdentifier", number


def described(transaction: Transaction, item: Item) -> BibliographicDescription:
    """The title that an item is a copy of."""
    record = record_of(transaction, item)
    return described_title(record, item.title, item.author, item.home_branch.agency_isil)


def described_title(
    record: Record | None, title: str, author: str, agency_isil: str
) -> BibliographicDescription:
    """A title; `agency_isil` is the agency of its record number."""
    if record is None or not record.data:
        number = record.control_number if record else None
        return BibliographicDescription(
            author=author or None,
            bibliographic_record_id=_record_ids(number, agency_isil),
            publication_date=str(record.year) if record and record.year else None,
            title=title or None,
        )
    found = _Fields(record)
    isbn = _isbn(found)
    return BibliographicDescription(
        author=author or None,
        bibliographic_item_id=BibliographicItemId(isbn, Code("ISBN")) if isbn else None,
        bibliographic_record_id=_record_ids(record.control_number, agency_isil),
        edition=_first(found, _EDITION),
        place_of_publication=_first(found, _PLACE),
        publication_date=str(record.year) if record.year else None,
        publisher=_first(found, _PUBLISHER),
        series_title_number=_first(found, _SERIES),
        title=title or None,
        language=_language(found),
    )


def ids_of_records(
    transaction: Transaction, agencies: Mapping[int, str]
) -> dict[int, tuple[BibliographicId, ...]]:
    """The control numbers of records, each with its agency; records without one are left out.
    `agencies` gives the ISIL by the record's id.
    """
    if not agencies:
        return {}
    numbers = control_numbers_of(transaction, list(agencies))
    return {
        record_id: ids_of_record(number, agencies[record_id])
        for record_id, number in numbers.items()
    }


def ids_of_record(number: str | None, agency_isil: str) -> tuple[BibliographicId, ...]:
    """The control number of a record with its agency; nothing for a record without one."""
    if number is None:
        return ()
    record_id = BibliographicRecordId(number, agency_code(agency_isil))
    return (BibliographicId(bibliographic_record_id=record_id),)


def record_of(transaction: Transaction, item: Item) -> Record | None:
    return record_with(transaction, item.record_id)


def record_with(transaction: Transaction, record_id: int) -> Record | None:
    return next(iter(fetch_records(transaction, [record_id])), None)


def electronic_address(record: Record) -> str | None:
    """Where the title can be read on the web."""
    return _first(_Fields(record), _ELECTRONIC) if record.data else None


def _record_ids(number: str | None, agency_isil: str) -> tuple[BibliographicRecordId, ...]:
    return (BibliographicRecordId(number, agency_code(agency_isil)),) if number else ()


class _Fields:
    """The fields of a record by tag, read once for everything that is told of it."""

    def __init__(self, record: Record) -> None:
        self.format = record.format
        self._contents: dict[bytes, list[bytes]] = {}
        for tag, content in fields(record.data):
            self._contents.setdefault(tag, []).append(content)

    def contents(self, tag: bytes) -> Sequence[bytes]:
        return self._contents.get(tag, ())

    def values(self, places: _Places) -> Iterator[str]:
        for tag, codes in places.get(self.format, ()):
            for content in self._contents.get(tag, ()):
                for code, value in subfields(content):
                    if code in codes:
                        yield value.decode("utf-8", "replace")


def _first(found: _Fields, places: _Places) -> str | None:
    """The first of the fields, without the punctuation of catalogue cards."""
    for value in found.values(places):
        text = value.strip().rstrip(" ,:;/=").strip()
        if text:
            return text
    return None


def isbn_of(record: Record) -> str | None:
    """The first ISBN of a record."""
    return _isbn(_Fields(record))


def _isbn(found: _Fields) -> str | None:
    """The first ISBN: in 13 digits, if its check digit is right."""
    for value in found.values(_ISBN):
        keys = isbn_keys(value)
        if keys and len(keys[0]) in (10, 13):
            return keys[0]
    return None


def _language(found: _Fields) -> Code | None:
    """ISO 639-2, from the coded field."""
    if found.format != "marc21":
        return None
    for content in found.contents(b"008")[:1]:
        code = content[35:38].decode("ascii", "replace")
        return Code(code) if code.isalpha() and code not in ("und", "zxx") else None
    return None
