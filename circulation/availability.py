"""What items are doing: computed from loans and transits, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.results import CirculationStatus


def circulation_status(
    circulation: Circulation, transaction: Transaction, *, item: str, now: datetime
) -> CirculationStatus | None:
    """The item with barcode `item` and its state (SIP2 17, NCIP LookupItem); None if unknown."""
    raise NotImplementedError


def circulation_statuses(
    circulation: Circulation, transaction: Transaction, *, item_ids: Sequence[int], now: datetime
) -> dict[int, CirculationStatus]:
    """The states of many items (OPAC holdings, NCIP LookupItemSet), by item id."""
    raise NotImplementedError
