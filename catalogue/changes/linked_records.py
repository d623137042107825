"""Putting names into stored records when the authorities they refer to were added or changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from catalogue.changes.authorities import (
    LINKED_FORMAT,
    authorities_of,
    records_linking_to,
    wanted_by,
)
from catalogue.changes.replacing import replace_records
from catalogue.database import Transaction
from catalogue.index.posting_changes import Version
from catalogue.marc.authority_links import with_names
from catalogue.records import fetch_records

#: Records that are read and replaced in one go.
_AT_ONCE = 500


def refresh_links(
    transaction: Transaction,
    *,
    authorities: Collection[str] = (),
    record_ids: Iterable[int] = (),
    now: datetime,
) -> int:
    """Corrects names in the records that refer to `authorities`, and in `record_ids`.

    Gives how many records were changed. The caller holds `accession.lock_writing`.
    """
    ids = sorted({*records_linking_to(transaction, authorities), *record_ids})
    changed = 0
    for start in range(0, len(ids), _AT_ONCE):
        found = [
            record
            for record in fetch_records(transaction, ids[start : start + _AT_ONCE])
            if record.format == LINKED_FORMAT
        ]
        known = authorities_of(transaction, wanted_by([record.data for record in found]))
        versions = [
            Version(record.id, record.format, with_names(record.data, known).data)
            for record in found
        ]
        if versions:
            changed += len(replace_records(transaction, versions, now=now))
    return changed
