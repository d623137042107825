"""Records of a search as responses carry them: each in the schema asked for, or the diagnostic in
its place."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Final

from catalogue.formats import CannotRender
from catalogue.records import Record, fetch_records
from circulation.items.availability import holdings
from circulation.kernel.results import CirculationStatus
from protocols.cql.diagnostics import Srw
from protocols.hosting.answering import Context
from protocols.sru.messages import Diagnostic, RecordEntry
from protocols.sru.schemas import Schema

log = logging.getLogger(__name__)

#: Records read from the database in one statement.
BATCH: Final = 50


def entries_of(
    context: Context,
    ids: Sequence[int],
    first: int,
    schema: Schema,
    branches: frozenset[int] | None,
) -> list[RecordEntry]:
    """The records `ids`, the first of which is at position `first`.

    `branches` are those whose items are shown; None: all.
    """
    entries = []
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        records = {record.id: record for record in fetch_records(context.transaction, some)}
        items = _items(context, some, branches) if schema.shows_items else {}
        entries += [
            _entry(context, records.get(number), items.get(number, ()), schema, position)
            for position, number in enumerate(some, first + start)
        ]
    return entries


def _items(
    context: Context, ids: Sequence[int], branches: frozenset[int] | None
) -> Mapping[int, Sequence[CirculationStatus]]:
    found = holdings(context.circulation, context.transaction, record_ids=ids, now=context.now)
    if branches is None:
        return found
    return {
        number: [each for each in statuses if each.item.home_branch.id in branches]
        for number, statuses in found.items()
    }


def _entry(
    context: Context,
    record: Record | None,
    items: Sequence[CirculationStatus],
    schema: Schema,
    position: int,
) -> RecordEntry:
    if record is None:
        return RecordEntry("", Diagnostic(Srw.RECORD_DOES_NOT_EXIST), position)
    identifier = record.control_number or ""
    try:
        data = schema.render(record, items, context.now)
    except CannotRender as error:
        told = Diagnostic(Srw.RECORD_NOT_IN_SCHEMA, f"{schema.identifier}: {error.reason}")
        return RecordEntry("", told, position, identifier)
    except Exception:  # whatever is wrong with one record, the others are returned
        log.exception("record %s cannot be given as %s", record.id, schema.name)
        told = Diagnostic(Srw.GENERAL_SYSTEM_ERROR)
        return RecordEntry("", told, position, identifier)
    return RecordEntry(schema.identifier, data, position, identifier)
