"""What items are doing: computed from loans and transits, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from catalogue.database import Transaction
from catalogue.items import items_of_records
from circulation.booking.stays import stays_of
from circulation.interlending.states import BorrowingState
from circulation.items.facts import ItemFacts, item_facts, item_facts_by_id
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CirculationStatus, ItemState, LoanMark
from circulation.kernel.set_up import SetUp


def circulation_status(
    circulation: Circulation, transaction: Transaction, *, item: str, now: datetime
) -> CirculationStatus | None:
    """The item with barcode `item` and its state (SIP2 17, NCIP LookupItem); None if unknown."""
    facts = item_facts(transaction, item)
    if facts is None:
        return None
    return _statuses(circulation, transaction, [facts], now)[facts.id]


def circulation_statuses(
    circulation: Circulation, transaction: Transaction, *, item_ids: Sequence[int], now: datetime
) -> dict[int, CirculationStatus]:
    """The states of many items (OPAC holdings, NCIP LookupItemSet), by item id.

    Ids that no item has are left out.
    """
    return _statuses(circulation, transaction, item_facts_by_id(transaction, item_ids), now)


def _statuses(
    circulation: Circulation, transaction: Transaction, found: list[ItemFacts], now: datetime
) -> dict[int, CirculationStatus]:
    statuses = {
        facts.id: _status(facts, circulation.set_up(transaction, facts.set_up_version), now)
        for facts in found
    }
    elsewhere = [facts for facts in found if facts.stay_branch_id is not None]
    if elsewhere:
        set_up = circulation.set_up(transaction, elsewhere[0].set_up_version)
        stays = stays_of(transaction, set_up, [facts.id for facts in elsewhere])
        for item_id, stay in stays.items():
            statuses[item_id] = statuses[item_id]._replace(stay=stay)
    return statuses


def holdings(
    circulation: Circulation, transaction: Transaction, *, record_ids: Sequence[int], now: datetime
) -> dict[int, list[CirculationStatus]]:
    """All items of each record with their states, as catalogues show them; by record id.

    Records without items are left out.
    """
    items = items_of_records(transaction, record_ids)
    of_record = {item.id: record_id for record_id, found in items.items() for item in found}
    statuses = circulation_statuses(circulation, transaction, item_ids=list(of_record), now=now)
    found: dict[int, list[CirculationStatus]] = {}
    for item_id, record_id in of_record.items():
        if item_id in statuses:
            found.setdefault(record_id, []).append(statuses[item_id])
    return found


_ON_LOAN = {
    None: ItemState.ON_LOAN,
    LoanMark.CLAIMED_RETURNED.value: ItemState.CLAIMED_RETURNED,
    LoanMark.LOST.value: ItemState.LOST,
}


def _status(facts: ItemFacts, set_up: SetUp, now: datetime) -> CirculationStatus:
    item = facts.item(set_up.branches[facts.home_branch_id])
    loan = facts.loan()
    if loan is not None:
        return CirculationStatus(
            item,
            _ON_LOAN[facts.loan_mark],
            loan=loan,
            borrower=facts.borrower(),
            is_overdue=loan.due < now and facts.loan_mark is None,
            open_holds=facts.open_holds,
            recalled=facts.loan_recalled,
        )
    if facts.missing_since is not None:
        return CirculationStatus(
            item, ItemState.MISSING, since=facts.missing_since, open_holds=facts.open_holds
        )
    if facts.transit_to_id is not None:
        return CirculationStatus(
            item,
            ItemState.IN_TRANSIT,
            to_branch=set_up.branches[facts.transit_to_id],
            since=facts.transit_since,
            open_holds=facts.open_holds,
        )
    if facts.borrowing_state == BorrowingState.RETURNED.value:
        return CirculationStatus(item, ItemState.GOES_BACK, open_holds=facts.open_holds)
    is_waiting = facts.hold_id is not None or (facts.is_kept and facts.stay_booking_id is not None)
    state = ItemState.ON_HOLD_SHELF if is_waiting else ItemState.AVAILABLE
    return CirculationStatus(item, state, open_holds=facts.open_holds)
