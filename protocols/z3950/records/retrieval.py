"""Records of a result set as responses carry them (Z39.50-2003, 3.2.3 and 3.3).

Records are added one by one until all are there or the agreed size is reached; with segmentation
(level 1) the response then goes on in the next segment. A record that cannot be sent, for whatever
reason, is replaced by a diagnostic.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from catalogue.formats import CannotRender
from catalogue.records import Record, records_by_id
from circulation.items.availability import holdings
from circulation.kernel.results import CirculationStatus
from protocols.hosting.answering import Context
from protocols.z3950.association import Association, ResultSet
from protocols.z3950.databases import branches_in
from protocols.z3950.diagnostics import Bib1, Refused, diagnostic
from protocols.z3950.messages.building_blocks import SurrogateDiagnostic
from protocols.z3950.messages.retrieval import (
    CompSpec,
    ElementSetNames,
    NamePlusRecord,
    Records,
    ResponseRecords,
)
from protocols.z3950.records.forms import USMARC, Form

log = logging.getLogger(__name__)

#: Records read from the database in one statement.
BATCH: Final = 50

#: Octets reserved for what surrounds a record: names, identifiers, lengths.
ENVELOPE: Final = 64

#: The most segments of one response, however many the client would accept.
MOST_SEGMENTS: Final = 16


class PresentStatus(IntEnum):
    """How a Present went (3.2.3.1.11)."""

    SUCCESS = 0
    #: Incomplete: the next record would not fit into the message.
    PARTIAL_2 = 2
    FAILURE = 5


@dataclass(slots=True)
class Page:
    """Records of a response: how many came, where the next one stands (0: nowhere), how it went.

    `segments` are the records of the segments that go before the response; `number` counts them
    too.
    """

    records: Records | None
    number: int
    following: int
    status: PresentStatus
    segments: tuple[list[NamePlusRecord], ...] = ()


#: Positions in a row: the first, from 1, and how many.
Positions = tuple[int, int]


class Wanted(NamedTuple):
    """Which records of a result set are asked for, how, and in how many messages at the most."""

    ranges: Sequence[Positions]
    syntax: str | None
    composition: ElementSetNames | CompSpec | None
    most_segments: int = 1


def take_page(
    context: Context,
    found: ResultSet,
    ranges: Sequence[Positions],
    form: Form,
    caller: Association,
    most_segments: int = 1,
) -> Page:
    """The records at `ranges`, as many as fit into `most_segments` messages.

    The positions must exist. A record asked for alone may have the exceptional size; among
    others, one over the preferred size is replaced by a diagnostic (3.3.3).
    """
    taken: list[NamePlusRecord] = []
    segments: list[list[NamePlusRecord]] = []
    size = 0
    is_alone = sum(number for _, number in ranges) == 1
    room = caller.preferred_message_size
    for position, entry, entry_size in _entries(context, found, ranges, form, caller, is_alone):
        if size + entry_size > room and taken:
            if len(segments) + 1 >= min(most_segments, MOST_SEGMENTS):
                number = len(taken) + sum(map(len, segments))
                records = ResponseRecords(taken)
                return Page(records, number, position, PresentStatus.PARTIAL_2, tuple(segments))
            segments.append(taken)
            taken, size = [], 0
        taken.append(entry)
        size += entry_size
    number = len(taken) + sum(map(len, segments))
    following = sum(ranges[-1])
    following = following if following <= len(found) else 0
    records = ResponseRecords(taken)
    return Page(records, number, following, PresentStatus.SUCCESS, tuple(segments))


def _entries(
    context: Context,
    found: ResultSet,
    ranges: Sequence[Positions],
    form: Form,
    caller: Association,
    is_alone: bool,
) -> Iterator[tuple[int, NamePlusRecord, int]]:
    """Each position with its record, or the diagnostic in its place, and its approximate size in
    octets."""
    name = found.database
    most = caller.exceptional_record_size
    if not is_alone:
        most = min(most, caller.preferred_message_size)
    for start, number in ranges:
        for first in range(start, start + number, BATCH):
            ids = found.ids(context.transaction, first, min(BATCH, start + number - first))
            by_id = records_by_id(context.transaction, ids)
            items = _items(context, found, ids, caller) if form.shows_items else {}
            for position, record_id in enumerate(ids, first):
                record = by_id.get(record_id)
                try:
                    if record is None:
                        raise Refused(Bib1.RECORD_DELETED)
                    external = form.external(record, items.get(record_id, ()))
                    octets = external.encoding
                    size = len(octets if isinstance(octets, bytes) else octets.value) + ENVELOPE
                    if size > most:
                        raise _too_large(size, caller)
                    entry = NamePlusRecord(external, name=name)
                except Exception as error:  # whatever is wrong with one record, the others are sent
                    refused = _why_refused(error, record, form)
                    surrogate = SurrogateDiagnostic(diagnostic(refused, caller.version))
                    entry, size = NamePlusRecord(surrogate, name=name), ENVELOPE
                yield position, entry, size


def _items(
    context: Context, found: ResultSet, ids: Sequence[int], caller: Association
) -> Mapping[int, Sequence[CirculationStatus]]:
    """All items of the records that the databases of the set show."""
    transaction = context.transaction
    items = holdings(context.circulation, transaction, record_ids=ids, now=context.now)
    branches = branches_in(transaction, found.databases, caller.settings)
    if branches is None:
        return items
    return {
        record_id: [status for status in statuses if status.item.home_branch.id in branches]
        for record_id, statuses in items.items()
    }


def _too_large(size: int, caller: Association) -> Refused:
    """Why a record of that size is not sent."""
    if size > caller.exceptional_record_size:
        return Refused(Bib1.RECORD_OVER_MAXIMUM_SIZE, str(size))
    return Refused(Bib1.RECORD_OVER_PREFERRED_SIZE, str(size))


def _why_refused(error: Exception, record: Record | None, form: Form) -> Refused:
    """What is said in place of a record that cannot be sent."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, CannotRender):
        return Refused(Bib1.NOT_AVAILABLE_IN_SYNTAX, form.syntax or USMARC)
    log.error(
        *("record %s cannot be given as %s", record and record.id, form.format.name),
        exc_info=error,
    )
    return Refused(Bib1.SYSTEM_ERROR_IN_PRESENTING)
