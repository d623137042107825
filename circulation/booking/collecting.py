"""Putting items into deposits and themes, and taking them out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from catalogue.database import Transaction
from circulation.booking.capacity import PoolKey, last_free_day, pools_of
from circulation.booking.facts import pool_copies, title_facts
from circulation.booking.part import SPOKEN_FOR
from circulation.booking.placements import PlacementFacts, find_placement, open_placement
from circulation.booking.stays import NewStay, begin_stay, send_home, stay_of_item, stays_of
from circulation.calendars.due_dates import local_date
from circulation.holds.facts import lock_queue
from circulation.holds.part import WAITED_FOR
from circulation.items.facts import ItemFacts, item_facts, lock_item
from circulation.kernel.act import Act
from circulation.kernel.reasons import Reason
from circulation.kernel.results import Refusal, Refused, Stay
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
    transaction, circulation = act.transaction, act.circulation
    set_up = circulation.current_set_up(transaction)
    for barcode in sorted(set(barcodes)):
        lock_item(transaction, barcode=barcode)
    facts = open_placement(transaction, placement_id)
    if facts is None:
        return Refused((Refusal(Reason.PLACEMENT_UNKNOWN),))
    return [_put(act, set_up, facts, barcode) for barcode in barcodes]


def _put(act: Act, set_up: SetUp, placement: PlacementFacts, barcode: str) -> Stay | Refused:
    transaction, now = act.transaction, act.now
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
    new = NewStay(
        facts.id,
        branch_id=facts.home_branch_id if station is None else station.branch.id,
        seen_branch_id=facts.home_branch_id,
        loan_days=None if station is None else placement.loan_days,
        is_placed=station is None,
        placement_id=placement.id,
    )
    begin_stay(act, new)
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
    return send_home(act, item, lambda row: row.placement_id is not None)
