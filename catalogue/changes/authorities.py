"""Authority records among the records, and the records that refer to them.

danMARC2 alone has such links (`catalogue.marc.authority_links`). Names are put into records when
they are stored, as far as the authorities are there; when an authority is added or changes, the
records that refer to it are found by the access point ``authority_link`` and corrected.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from pyroaring import BitMap
from sqlalchemy import select

from catalogue.bitmaps import deserialise
from catalogue.database import Statement, Transaction, many_of, scalars_of
from catalogue.index.access_points import ACCESS_POINTS, Kind
from catalogue.index.numbers import number_key
from catalogue.marc.authority_links import AGENCY, Linked, authority_number, links_of, with_names
from catalogue.marc.sources import Found
from catalogue.schema import postings, records

#: The one format with links.
LINKED_FORMAT = "danmarc2"

_LINKS = ACCESS_POINTS["authority_link"].index(Kind.NUMBER)

_LINK = re.compile(rb"\x1f5" + AGENCY + rb"\x1f6([0-9A-Za-z]+)")


@many_of(tuple[str, bytes])
def _by_number(*, control_numbers: Sequence[str]) -> Statement:
    return (
        select(records.c.control_number, records.c.data)
        .where(records.c.control_number.in_(control_numbers), records.c.format == LINKED_FORMAT)
        .order_by(records.c.id)
    )


@scalars_of(bytes)
def _linking(*, terms: Sequence[bytes]) -> Statement:
    return select(postings.c.bitmap).where(
        postings.c.access_point == _LINKS, postings.c.term.in_(terms)
    )


def authorities_of(transaction: Transaction, numbers: Collection[str]) -> dict[str, bytes]:
    """The authority records with these numbers, as far as they are there."""
    found = _by_number(transaction, control_numbers=list(numbers))
    return {number: data for number, data in found if authority_number(data) == number}


def named(transaction: Transaction, data: bytes) -> Linked:
    """A stored danMARC2 record with the names of the authorities that are there."""
    return with_names(data, authorities_of(transaction, links_of(data)))


def records_linking_to(transaction: Transaction, numbers: Iterable[str]) -> list[int]:
    """The ids of the records that refer to one of the authorities."""
    terms = [number_key(number).encode() for number in numbers]
    found = BitMap()
    for bitmap in _linking(transaction, terms=terms):
        found |= deserialise(bytes(bitmap))
    return list(found)


def wanted_by(stored: Sequence[bytes]) -> frozenset[str]:
    """The numbers of all authorities that some records refer to."""
    return frozenset().union(*(links_of(data) for data in stored))


def linked_numbers(found: Iterable[Found], record_format: str) -> frozenset[str]:
    """The authorities that records of a file refer to, as far as can be told by their bytes."""
    return frozenset(
        number.decode("ascii")
        for record in found
        if (record.record_format or record_format) == LINKED_FORMAT and record.refusal is None
        for number in _LINK.findall(record.data)
    )
