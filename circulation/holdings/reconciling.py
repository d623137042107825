"""Once a night: is what was told still what there is? By count and by checksum, record by record.

The outbox follows events. What has changed in another way (by hand in the database, by a rule that
now says that something is not lent) is found here, and told as any change is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import select

from catalogue.change_notes import Aspect, note_changes
from catalogue.database import Statement, many, scalars, scalars_of
from catalogue.schema import items, record_changes, records
from circulation.holdings.rows import all_sinks, sent_to
from circulation.holdings.schema import holdings_sent
from circulation.holdings.states import held
from circulation.kernel.act import Act

#: Records that one step compares.
AT_ONCE: Final = 500


class Total(NamedTuple):
    """What a sink was told, added up: records, items, and a checksum over them that does not depend
    on the order: 16 hexadecimal digits."""

    records: int
    items: int
    checksum: str


class Compared(NamedTuple):
    """How many records were compared, how many are told again, and behind which to go on."""

    compared: int
    told_again: int
    goes_on: int | None


@many(tuple[bytes, str])
def _all_sent(*, name: str) -> Statement:
    its = holdings_sent.c.sink == name
    return select(holdings_sent.c.digest, holdings_sent.c.barcodes).where(its)


def total_of(act: Act, name: str) -> Total:
    """What the sink was told, added up, for it to compare with what it has."""
    sum_, number, copies = 0, 0, 0
    for digest, barcodes in _all_sent(act.transaction, name=name):
        sum_ += int.from_bytes(bytes(digest), "big")
        number += 1
        copies += len(barcodes.split("\n"))
    return Total(number, copies, f"{sum_ % 2**64:016x}")


@scalars(int)
def _with_items(*, after: int, at_most: int) -> Statement:
    has_items = select(items.c.id).where(items.c.record_id == records.c.id).exists()
    return (
        select(records.c.id)
        .where(records.c.id > after, has_items)
        .order_by(records.c.id)
        .limit(at_most)
    )


@scalars(int)
def _told_of(*, after: int, at_most: int) -> Statement:
    return (
        select(holdings_sent.c.record_id)
        .where(holdings_sent.c.record_id > after)
        .distinct()
        .order_by(holdings_sent.c.record_id)
        .limit(at_most)
    )


@scalars_of(int)
def _pending(*, record_ids: Sequence[int], position: int) -> Statement:
    return select(record_changes.c.record_id).where(
        record_changes.c.aspect == Aspect.HOLDINGS.value,
        record_changes.c.record_id.in_(record_ids),
        record_changes.c.number > position,
    )


def reconcile(act: Act, after: int) -> Compared:
    """Compares the next records behind that id with what each sink was told of them."""
    transaction = act.transaction
    sinks = [each for each in all_sinks(transaction) if each.full_position is None]
    if not sinks:
        return Compared(0, 0, None)
    there = _with_items(transaction, after=after, at_most=AT_ONCE)
    told = _told_of(transaction, after=after, at_most=AT_ONCE)
    ids = sorted({*there, *told})[:AT_ONCE]
    now = held(act, dict.fromkeys(ids, 0))
    different: set[int] = set()
    for sink in sinks:
        sent = {
            (each.record_id, each.agency_id, each.known_as, bytes(each.digest))
            for each in sent_to(transaction, record_ids=ids, name=sink.name)
        }
        pending = set(_pending(transaction, record_ids=ids, position=sink.position))
        wanted = {
            (*key, its.known_as, its.digest)
            for key, its in now.items()
            if sink.is_told_of(its.agency)
        }
        different |= {each[0] for each in sent ^ wanted if each[0] not in pending}
    note_changes(transaction, different, Aspect.HOLDINGS)
    return Compared(len(ids), len(different), ids[-1] if len(ids) == AT_ONCE else None)
