"""Check-in."""

from __future__ import annotations

from datetime import datetime

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.results import CheckedIn, Desk, Refused


def check_in(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    item: str,
    now: datetime,
    returned: datetime | None = None,
) -> CheckedIn | Refused:
    """Takes the item with barcode `item` back at the desk's branch.

    Never refused for what the patron or the rules are: the only refusal is ITEM_UNKNOWN. An item
    that is not on loan is checked in all the same, and the answer says so.
    `returned` (SIP2 09 return date) is when the item came back if that was earlier than `now`;
    it is held between the check-out and now.
    """
    raise NotImplementedError
