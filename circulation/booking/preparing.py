"""The days before a booking begins: what to fetch for it, setting it aside, sending it.

A copy that is set aside is lent to nobody but the booking's borrower, and goes to the branch of
delivery whenever it is handed in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from catalogue.database import Transaction
from circulation.booking.bookings import open_booking
from circulation.booking.capacity import ONE_DAY, PoolKey, pools_of
from circulation.booking.facts import (
    BookingFacts,
    SupplyFacts,
    bookings_of_branch,
    copies_to_book,
    pool_copies,
    supplies_of_booking,
    title_facts,
)
from circulation.booking.part import SPOKEN_FOR
from circulation.booking.results import ShelfCopy, ToPrepare, booking_of
from circulation.booking.spans import DAYS_AHEAD
from circulation.booking.stays import NewStay, begin_stay, seen, send_home, stays_of
from circulation.calendars.due_dates import local_date
from circulation.holds.part import WAITED_FOR
from circulation.items.facts import ItemFacts, item_facts
from circulation.items.transits import TransitReason, begin_transit, end_transit
from circulation.kernel.act import Act
from circulation.kernel.engine import Circulation
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Branch, Refusal, Refused, Stay
from circulation.kernel.set_up import SetUp
from circulation.loans.facts import OPEN_LOAN


def bookings_to_prepare(
    circulation: Circulation,
    transaction: Transaction,
    *,
    branch_id: int,
    now: datetime,
    days_ahead: int = DAYS_AHEAD,
) -> list[ToPrepare]:
    """The picking list of the branch: what it has to set aside for bookings that begin soon.

    Those are the ones whose days of preparation begin within `days_ahead` days, by first day.
    `short` warns where too few copies stand on the shelves, as when they are overdue.
    """
    set_up = circulation.current_set_up(transaction)
    today = local_date(now, set_up.branches[branch_id].timezone)
    until = today + timedelta(days=days_ahead)
    found: list[ToPrepare] = []
    taken: dict[tuple[int, PoolKey], int] = {}
    for facts in bookings_of_branch(transaction, branch_id=branch_id, until=_latest(set_up, until)):
        supplies = supplies_of_booking(transaction, booking_id=facts.id)
        booking = booking_of(facts, supplies, set_up)
        for supply in supplies:
            is_due = supply.branch_id == branch_id and supply.reserved_from <= until
            if not is_due or not supply.to_set_aside or facts.last < today:
                continue
            key = (facts.record_id, PoolKey(branch_id, supply.material_group))
            on_shelf = _on_shelf(transaction, *key)
            left = on_shelf[taken.get(key, 0) :]
            taken[key] = taken.get(key, 0) + supply.to_set_aside
            found.append(
                ToPrepare(
                    booking,
                    supply.material_group,
                    supply.to_set_aside,
                    tuple(left),
                    max(supply.to_set_aside - len(left), 0),
                )
            )
    return found


def _latest(set_up: SetUp, until: date) -> date:
    """The last first day of a booking that may be prepared by `until`."""
    longest = max((rule.says.get("booking_days_before", 0) for rule in set_up.policies), default=0)
    return until + timedelta(days=longest)


def _on_shelf(transaction: Transaction, record_id: int, pool: PoolKey) -> list[ShelfCopy]:
    found = [
        ShelfCopy(copy.barcode, copy.location, copy.sublocation, copy.call_number)
        for copy in copies_to_book(transaction, record_id=record_id)
        if copy.pool == pool and copy.is_on_shelf
    ]
    return sorted(found, key=lambda copy: (copy[1:], copy.barcode))


def set_aside(
    act: Act, *, booking_id: int, barcodes: Sequence[str]
) -> list[Stay | Refused] | Refused:
    """Keeps the items for the booking, and sends them to the branch of delivery.

    An answer for each, in order. Each must be a copy that the booking needs still
    (NOT_FOR_BOOKING), free and in hand; an item that is set aside for it already is no mistake.
    Before the booking's days of preparation only what is free until then can be set aside.
    """
    transaction, circulation, desk, _ = act
    set_up = circulation.current_set_up(transaction)
    here = set_up.branches.get(desk.branch_id)
    if here is None:
        return Refused((Refusal(Reason.BRANCH_UNKNOWN),))
    known = open_booking(transaction, booking_id)
    if isinstance(known, Refused):
        return known
    booking, _ = known
    return [_set_aside(act, set_up, here, booking, barcode) for barcode in barcodes]


def _set_aside(
    act: Act, set_up: SetUp, here: Branch, booking: BookingFacts, barcode: str
) -> Stay | Refused:
    # Items of the title are locked already; of no other can anything come.
    transaction, now = act.transaction, act.now
    facts = item_facts(transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    item = facts.item(set_up.branches[facts.home_branch_id])
    if facts.record_id != booking.record_id:
        return Refused((Refusal(Reason.NOT_FOR_BOOKING),), item)
    found = SPOKEN_FOR.of(facts)
    is_set_aside = found is not None and found.booking_id == booking.id and found.is_kept
    if is_set_aside and OPEN_LOAN.of(facts) is None:
        stay = seen(transaction, set_up, facts, here, now)
        assert stay is not None
        return stay
    if reason := _hindrance(transaction, set_up, booking, facts, now):
        return Refused((Refusal(reason),), item)
    is_there = here.id == booking.delivery_branch_id
    if facts.transit_to_id is not None:
        end_transit(transaction, item_id=facts.id)
    if not is_there:
        reason_sent = TransitReason.STAY.value
        begin_transit(
            transaction,
            item_id=facts.id,
            from_branch_id=here.id,
            to_branch_id=booking.delivery_branch_id,
            since=now,
            reason=reason_sent,
        )
    new = NewStay(
        facts.id,
        branch_id=booking.delivery_branch_id,
        seen_branch_id=here.id,
        loan_days=0,
        is_placed=is_there,
        booking_id=booking.id,
    )
    begin_stay(act, new)
    return stays_of(transaction, set_up, (facts.id,))[facts.id]


def _hindrance(
    transaction: Transaction, set_up: SetUp, booking: BookingFacts, item: ItemFacts, now: datetime
) -> Reason | None:
    """Why the item cannot be set aside for the booking."""
    waited_for, spoken_for = WAITED_FOR.of(item), SPOKEN_FOR.of(item)
    if OPEN_LOAN.of(item) is not None:
        return Reason.ON_LOAN_TO_ANOTHER
    if waited_for is not None and waited_for.hold_id is not None:
        return Reason.ON_HOLD_FOR_ANOTHER
    if spoken_for is not None and spoken_for.branch_id is not None:
        return Reason.STAYS_ELSEWHERE
    pool = PoolKey(item.home_branch_id, item.material_group)
    supply = _of_pool(supplies_of_booking(transaction, booking_id=booking.id), pool)
    if supply is None or not supply.to_set_aside:
        return Reason.NOT_FOR_BOOKING
    today = local_date(now, set_up.branches[item.home_branch_id].timezone)
    if today < supply.reserved_from:
        title = title_facts(transaction, booking.record_id)
        supplies = [each.supply() for each in title.supplies]
        pools = pools_of(pool_copies(set_up, title.copies), supplies, today)
        if pools[pool].free(today, supply.reserved_from - ONE_DAY) < 1:
            return Reason.BOOKED
    return None


def _of_pool(supplies: list[SupplyFacts], pool: PoolKey) -> SupplyFacts | None:
    return next((each for each in supplies if (each.branch_id, each.material_group) == pool), None)


def put_back(act: Act, *, item: str) -> bool | Refused:
    """The item is not to be kept for its booking any more, and goes home; False: it was not."""
    return send_home(act, item, lambda row: row.booking_id is not None and row.loan_id is None)
