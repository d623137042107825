"""Putting items into deposits and themes, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from catalogue.database import Transaction
from circulation.booking.capacity import PoolKey, last_free_day, pools_of
from circulation.booking.facts import pool_copies, title_facts
from circulation.booking.part import SPOKEN_FOR
from circulation.booking.placements import PlacementFacts, find_placement, open_placement
from circulation.booking.stays import begin_stay, end_stay, stay_of_item, stays_of
from circulation.calendars.due_dates import local_date
from circulation.holds.facts import lock_queue
from circulation.holds.part import WAITED_FOR
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Desk, Refusal, Refused, Stay
from circulation.kernel.set_up import SetUp


def put_into(
    act: Act, *, placement_id: int, barcodes: Sequence[str]
) -> list[Stay | Refused] | Refused:
    """Puts items into a deposit or theme, on loan or not; an answer for each, in order.

    From then on they go to its station whenever they are handed in, and those on shelves are on
    the list of what is to be moved; before its first day all of them stay where they are. Refused
    where an item is bound to a hold, has another place for a while already, or is needed for a
    booking in the meantime.
    """
    transaction, circulation, desk, now = act
    set_up = circulation.current_set_up(transaction)
    for barcode in sorted(set(barcodes)):
        lock_item(transaction, barcode=barcode)
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return Refused((Refusal(Reason.PLACEMENT_UNKNOWN),))
    return [_put(transaction, set_up, desk, facts, barcode, now) for barcode in barcodes]


def _put(
    transaction: Transaction,
    set_up: SetUp,
    desk: Desk,
    placement: PlacementFacts,
    barcode: str,
    now: datetime,
) -> Stay | Refused:
    facts = item_facts(transaction, barcode=barcode)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    row = stay_of_item(transaction, item_id=facts.id)
    if row is not None and row.placement_id == placement.id and not row.is_over:
        return stays_of(transaction, set_up, (facts.id,))[facts.id]
    if reason := _hindrance(transaction, set_up, placement, facts, now):
        item = facts.item(set_up.branches[facts.home_branch_id])
        return Refused((Refusal(reason),), item)
    shown = find_placement(transaction, set_up, placement.id)
    station = None if shown is None else shown.station
    begin_stay(
        transaction,
        desk,
        facts,
        placement_id=placement.id,
        branch_id=facts.home_branch_id if station is None else station.branch.id,
        seen_branch_id=facts.home_branch_id,
        loan_days=None if station is None else placement.loan_days,
        now=now,
        is_placed=station is None,
    )
    return stays_of(transaction, set_up, (facts.id,))[facts.id]


def _hindrance(
    transaction: Transaction,
    set_up: SetUp,
    placement: PlacementFacts,
    item: ItemFacts,
    now: datetime,
) -> Reason | None:
    """Why the item cannot be put into the deposit or theme."""
    waited_for, spoken_for = WAITED_FOR.of(item), SPOKEN_FOR.of(item)
    if waited_for is not None and waited_for.hold_id is not None:
        return Reason.ON_HOLD_FOR_ANOTHER
    if spoken_for is None:
        return None
    if spoken_for.branch_id is not None:
        return Reason.STAYS_ELSEWHERE
    lock_queue(transaction, record_id=item.record_id)
    today = local_date(now, set_up.branches[item.home_branch_id].timezone)
    title = title_facts(transaction, item.record_id)
    supplies = [supply.supply() for supply in title.supplies]
    copies = pool_copies(set_up, title.copies)
    pools = pools_of(copies, supplies, today, without_item=item.id)
    pool = pools[PoolKey(item.home_branch_id, item.material_group)]
    until = last_free_day(pool, today)
    ends = placement.ends or date.max
    return None if until is None or until >= ends else Reason.BOOKED


def take_out(act: Act, *, item: str) -> bool | Refused:
    """The item is to go home from its deposit or theme; False: it was in none."""
    transaction, _, desk, now = act
    lock_item(transaction, barcode=item)
    facts = item_facts(transaction, barcode=item)
    if facts is None:
        return Refused((Refusal(Reason.ITEM_UNKNOWN),))
    row = stay_of_item(transaction, item_id=facts.id)
    if row is None or row.placement_id is None or row.is_over:
        return False
    end_stay(transaction, desk, row, now)
    return True
