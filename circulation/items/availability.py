"""What items are doing: computed from loans and transits, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from catalogue.database import Transaction
from catalogue.items import items_of_records
from circulation.items.facts import ItemFacts, item_facts_by_id, item_facts_to_show
from circulation.items.features import ITEM_FEATURES
from circulation.kernel.engine import Circulation
from circulation.kernel.results import CirculationStatus, ItemState
from circulation.kernel.set_up import SetUp


def circulation_status(
    circulation: Circulation, transaction: Transaction, *, item: str, now: datetime
) -> CirculationStatus | None:
    """The item with barcode `item` and its state (SIP2 17, NCIP LookupItem); None if unknown."""
    facts = item_facts_to_show(transaction, barcode=item)
    if facts is None:
        return None
    return _statuses(circulation, transaction, [facts], now)[facts.id]


def circulation_statuses(
    circulation: Circulation, transaction: Transaction, *, item_ids: Sequence[int], now: datetime
) -> dict[int, CirculationStatus]:
    """The states of many items (OPAC holdings, NCIP LookupItemSet), by item id.

    Ids that no item has are left out.
    """
    return _statuses(
        circulation, transaction, item_facts_by_id(transaction, item_ids=item_ids), now
    )


def _statuses(
    circulation: Circulation, transaction: Transaction, found: list[ItemFacts], now: datetime
) -> dict[int, CirculationStatus]:
    if not found:
        return {}
    set_up = circulation.set_up(transaction, found[0].set_up_version)
    statuses = {item.id: _status(item, set_up, now) for item in found}
    for feature in ITEM_FEATURES:
        for item_id, stay in feature.stays(transaction, set_up, found).items():
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


def _status(item: ItemFacts, set_up: SetUp, now: datetime) -> CirculationStatus:
    shown = item.item(set_up.branches[item.home_branch_id])
    if item.missing_since is not None:
        status = CirculationStatus(shown, ItemState.MISSING, since=item.missing_since)
    elif item.transit_to_id is not None:
        to_branch, since = set_up.branches[item.transit_to_id], item.transit_since
        status = CirculationStatus(shown, ItemState.IN_TRANSIT, to_branch=to_branch, since=since)
    else:
        status = CirculationStatus(shown, ItemState.AVAILABLE)
    status = status._replace(not_for_loan=item.not_for_loan)
    for feature in ITEM_FEATURES.of(item):
        status = feature.shown(item, status, now)
    return status
