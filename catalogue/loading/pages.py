"""Records that come in small parts, from another catalogue: merged in the caller's transaction.

What is new and what is there already is decided as in a load of files (`import_plans`). A part is
prepared outside of the transaction, with the ids that are free then; where they have been taken
meanwhile, it is prepared again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from catalogue.changes.accession import Origin, next_record_id
from catalogue.changes.authorities import authorities_of, linked_numbers
from catalogue.changes.linked_records import refresh_links
from catalogue.database import Transaction
from catalogue.loading.import_plans import ImportRules, Plan, plan_import, store_by_plan, stored_ids
from catalogue.loading.preparation import Batch, Prepared, columns_of, prepare, records_of
from catalogue.loading.record_matches import Match
from catalogue.marc.records_found import FoundRecord
from catalogue.marc.sources import Found

#: What a holdings record, or one that cannot be read, is refused for.
_HOLDINGS = "a holdings record, and no bibliographic one"


class Part(NamedTuple):
    """Records, prepared; a record's position is its place in what was given, from 1."""

    batch: Batch
    prepared: Prepared


class Merged(NamedTuple):
    """What has become of a part: decisions on those that could be read, and what is wrong with the
    others, by their positions; how many texts were replaced."""

    plan: Plan
    refused: dict[int, str]
    replaced: int


def batch_of(transaction: Transaction, records: Sequence[FoundRecord], record_format: str) -> Batch:
    """The records as a batch, in MARC of `record_format` where they do not say theirs."""
    found = [Found(number, *each) for number, each in enumerate(records, 1)]
    authorities = authorities_of(transaction, linked_numbers(found, record_format))
    next_id = next_record_id(transaction)
    return Batch(found, record_format, next_id, is_iso2709=False, authorities=authorities)


def prepared_part(batch: Batch) -> Part:
    """The part; pure, and safe with any octets."""
    return Part(batch, prepare(batch))


def merge(
    transaction: Transaction,
    part: Part,
    rules: ImportRules,
    known: Mapping[int, Match],
    *,
    agency_id: int | None,
    now: datetime,
) -> Merged:
    """Adds what is new and overlays what is there. `known` as in `plan_import`."""
    batch, prepared = part
    next_id = next_record_id(transaction)
    if next_id > batch.first_id:
        batch = batch._replace(first_id=next_id)
        prepared = prepare(batch)
    made, columns = list(records_of(batch, prepared)), columns_of(prepared)
    plan = plan_import(transaction, made, columns, rules, agency_id, known)
    stored = store_by_plan(transaction, made, columns, plan, rules, Origin(now, agency_id))
    if prepared.authorities or prepared.unlinked:
        refresh_links(
            transaction,
            authorities=prepared.authorities,
            record_ids=stored_ids(prepared.unlinked, made, plan),
            now=now,
        )
    refused = {each.found.position: each.reason for each in prepared.rejected}
    refused |= {each.position: _HOLDINGS for each in prepared.holdings}
    return Merged(plan, refused, stored.replaced)
