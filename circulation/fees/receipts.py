"""Receipts for returns: offered for every return, and kept as evidence that they were.

Under Danish law, compensation for what was not returned can be recovered only where the library
offers a receipt on return (gældsinddrivelsesloven, bilag 1). What came back stands in the events of
the check-ins; that a receipt was offered is an event of each loan, so that it is cut from the
patron with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from sqlalchemy import func, select

from catalogue.database import Statement, columns, many, many_of
from catalogue.schema import items, records
from circulation.calendars.due_dates import local_date, start_of_day
from circulation.kernel.act import Act
from circulation.kernel.events import Event, EventKind, NewEvent, append_event, select_events
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Patron, Refusal, Refused
from circulation.kernel.schema import events
from circulation.patrons.facts import patron_alone
from circulation.patrons.identifiers import IDENTIFIERS

#: By how much the clocks of several processes may differ.
_SKEW: Final = timedelta(hours=1)


@many(Event)
def _written_since(*, patron_id: int, since: datetime, before: datetime) -> Statement:
    """The patron's events that were written since then. They come behind the last event that was
    written `before`, an hour earlier, so that nobody waits for what happened in years."""
    its = events.c
    last_before = (
        select(its.id)
        .where(its.at < before, its.recorded.is_(None))
        .order_by(its.at.desc())
        .limit(1)
        .scalar_subquery()
    )
    is_behind = its.id > func.coalesce(last_before, 0)
    recorded = func.coalesce(its.recorded, its.at)
    return select_events(its.patron_id == patron_id, is_behind, recorded >= since).order_by(its.id)


def _events_since(act: Act, patron_id: int, since: datetime) -> list[Event]:
    return _written_since(act.transaction, patron_id=patron_id, since=since, before=since - _SKEW)


class _Title(NamedTuple):
    item_id: int
    barcode: str
    title: str


@many_of(_Title)
def _titles(*, item_ids: Sequence[int]) -> Statement:
    return (
        select(*columns(_Title, items, records, item_id=items.c.id))
        .select_from(items.join(records, records.c.id == items.c.record_id))
        .where(items.c.id.in_(item_ids))
    )


@dataclass(frozen=True, slots=True)
class ReturnedItem:
    """A line of a receipt."""

    loan_id: int
    barcode: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a patron has handed in at a branch today, at a desk or a machine.

    `number` is that of the last event that keeps it as evidence; None where nothing was handed in.
    """

    patron: Patron
    branch: Branch
    day: datetime
    items: tuple[ReturnedItem, ...]
    number: int | None


def return_receipt(act: Act, *, patron: str) -> Receipt | Refused:
    """The receipt for what the patron has handed in at the desk's branch today, by its clock,
    whichever desk or machine took it; a return that was taken back is not on it.

    Notes that it was offered, once for the same items. Refused with PATRON_UNKNOWN or
    BRANCH_UNKNOWN.
    """
    transaction, circulation, desk, now = act
    facts = patron_alone(
        transaction,
        identifier=IDENTIFIERS.of(circulation).stored(patron),
        now=now,
    )
    if facts is None:
        return Refused((Refusal(Reason.PATRON_UNKNOWN),))
    set_up = circulation.set_up(transaction, facts.set_up_version)
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),), patron=facts.patron())
    midnight = start_of_day(local_date(now, here.timezone), here.timezone)
    found = _events_since(act, facts.id, midnight)
    cancelled = {each.cause for each in found if each.kind is EventKind.CHECK_IN_CANCELLED}
    returned = [
        each
        for each in found
        if each.kind is EventKind.CHECKED_IN
        and each.id not in cancelled
        and each.branch_id == desk.branch_id
    ]
    item_ids = [each.item_id for each in returned if each.item_id]
    titles = {row.item_id: row[1:] for row in _titles(transaction, item_ids=item_ids)}
    lines = tuple(
        ReturnedItem(each.loan_id, *titles[each.item_id], at=each.at)
        for each in returned
        if each.loan_id is not None and each.item_id in titles
    )
    offered = {each.loan_id for each in found if each.kind is EventKind.RECEIPT_OFFERED}
    for each in returned:
        if each.loan_id not in offered:
            append_event(
                act,
                NewEvent(
                    EventKind.RECEIPT_OFFERED,
                    item_id=each.item_id,
                    patron_id=facts.id,
                    loan_id=each.loan_id,
                    cause=each.id,
                ),
            )
    on_it = {line.loan_id for line in lines}
    kept = [
        each.id
        for each in _events_since(act, facts.id, midnight)
        if each.kind is EventKind.RECEIPT_OFFERED and each.loan_id in on_it
    ]
    return Receipt(facts.patron(), here, now, lines, max(kept, default=None))
