"""What becomes of the records of a load that may be in the catalogue already.

A plan is made of a batch before anything is stored, so that what is set aside lies on the disk
when the batch is committed; it is made again in the transaction that stores the batch, and stands
only if it has stayed the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from pyroaring import BitMap

from catalogue.changes.accession import Origin, insert_items, store
from catalogue.changes.made import Made
from catalogue.changes.overlaying import Protected, overlaid
from catalogue.changes.replacing import replace_records
from catalogue.database import Transaction
from catalogue.index.collecting import Columns
from catalogue.index.posting_changes import Version, without
from catalogue.loading.record_matches import Match, Matcher, MatchKey, isbns_of
from catalogue.records import fetch_records


class Overlay(Enum):
    """What is done with a record that is in the catalogue already."""

    REPLACE = "replace"  # the incoming text takes the place of the stored one; items are added
    KEEP = "keep"  # nothing
    ADD_ITEMS = "add-items"  # the stored text stays; items are added
    SKIP = "skip"  # it is set aside


#: Local notes and local fields, as most libraries use them.
LOCAL_FIELDS = Protected(("59x", "9xx"))


@dataclass(frozen=True, slots=True)
class ImportRules:
    """How a load looks for records that are there already: the keys in turn, what is done with
    what they find, and the fields that no overlay touches."""

    keys: tuple[MatchKey, ...]
    overlay: Overlay = Overlay.REPLACE
    protected: Protected = LOCAL_FIELDS


class Fate(Enum):
    """What becomes of an incoming record."""

    ADDED = "added"
    OVERLAID = "overlaid"
    KNOWN = "known"  # the stored text stays
    AMBIGUOUS = "ambiguous"
    SKIPPED = "skipped"


class Decision(NamedTuple):
    """The fate of one record: `position` in its file, the stored record, why it is set aside."""

    position: int
    fate: Fate
    record_id: int
    reason: str = ""

    @property
    def is_set_aside(self) -> bool:
        return self.fate in (Fate.AMBIGUOUS, Fate.SKIPPED)


class Stored(NamedTuple):
    """How many records of a batch were added, replaced, and left as they were."""

    added: int
    replaced: int = 0
    unchanged: int = 0


Plan = list[Decision]


def stored_ids(ids: Sequence[int], made: Sequence[Made], plan: Plan) -> list[int]:
    """The ids under which records of a batch are stored, by those they were made with."""
    found = {record.id: each.record_id for record, each in zip(made, plan, strict=False)}
    return [number for each in ids if (number := found.get(each, each))]


def ids_by_number(made: Sequence[Made], plan: Plan) -> dict[str, int]:
    """The ids under which the records of a batch will be found, by control number; without a plan
    all are new."""
    numbers = [record.description.control_number for record in made]
    ids = [each.record_id for each in plan] or [record.id for record in made]
    return {
        number: record_id
        for number, record_id in zip(numbers, ids, strict=True)
        if number is not None and record_id
    }


def plan_import(
    transaction: Transaction,
    made: Sequence[Made],
    columns: Sequence[Columns],
    rules: ImportRules,
    agency_id: int | None,
    known: Mapping[int, Match] | None = None,
) -> Plan:
    """Decides on each record of a batch, given whole, in order; their rows of the index beside.

    `known` tells of records of the batch, by their positions, which stored ones they are, whatever
    the keys would find.
    """
    matcher = Matcher(transaction, made, isbns_of(columns), rules.keys, agency_id)
    plan = []
    for record in made:
        found = (known or {}).get(record.position) or matcher.match(record)
        if len(found.ids) > 1:
            named = ", ".join(map(str, found.ids))
            reason = f"ambiguous: by {found.by} it is each of the records {named}"
            plan.append(Decision(record.position, Fate.AMBIGUOUS, 0, reason))
            continue
        record_id = found.ids[0] if found.ids else record.id
        fate = Fate.ADDED
        reason = ""
        if found.ids and rules.overlay is Overlay.SKIP:
            fate, reason = Fate.SKIPPED, f"there already: by {found.by} it is record {record_id}"
        elif found.ids:
            is_new_text = rules.overlay is Overlay.REPLACE and not found.is_merged
            fate = Fate.OVERLAID if is_new_text else Fate.KNOWN
        if fate in (Fate.ADDED, Fate.OVERLAID):
            matcher.learn(record, record_id)
        plan.append(Decision(record.position, fate, record_id, reason))
    return plan


def store_by_plan(
    transaction: Transaction,
    made: Sequence[Made],
    columns: Sequence[Columns],
    plan: Plan,
    rules: ImportRules,
    origin: Origin,
) -> Stored:
    """Adds what is new, overlays what is there, and adds items to both."""
    added = [
        record for record, decision in zip(made, plan, strict=True) if decision.fate is Fate.ADDED
    ]
    others = BitMap(record.id for record in made) - BitMap(record.id for record in added)
    store(transaction, added, without(columns, others), origin)
    replaced, unchanged = _overlay(transaction, made, plan, rules, origin.now)
    known = sum(decision.fate is Fate.KNOWN for decision in plan)
    if origin.with_items is not None and rules.overlay is not Overlay.KEEP:
        placed = [
            (decision.position, decision.record_id)
            for decision in plan
            if decision.fate in (Fate.OVERLAID, Fate.KNOWN)
        ]
        insert_items(transaction, origin.with_items, placed, origin.now)
    return Stored(len(added), replaced, unchanged + known)


def _overlay(
    transaction: Transaction, made: Sequence[Made], plan: Plan, rules: ImportRules, now: datetime
) -> tuple[int, int]:
    """Overlays in the order of the file; one record may be overlaid by several. Gives how many
    changed a text, and how many did not."""
    incoming = [
        (record, decision.record_id)
        for record, decision in zip(made, plan, strict=True)
        if decision.fate is Fate.OVERLAID
    ]
    if not incoming:
        return 0, 0
    ids = sorted({record_id for _, record_id in incoming})
    texts = {record.id: record.data for record in fetch_records(transaction, ids)}
    replaced = 0
    versions = {}
    for record, record_id in incoming:
        text = overlaid(texts[record_id], record.data, rules.protected)
        if text != texts[record_id]:
            replaced += 1
            texts[record_id] = text
            versions[record_id] = Version(record_id, record.record_format, text)
    replace_records(transaction, list(versions.values()), now=now)
    return replaced, len(incoming) - replaced
