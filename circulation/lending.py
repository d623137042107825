"""Check-out."""

from __future__ import annotations

from datetime import datetime

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.results import CheckedOut, Desk, Refused


def check_out(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    item: str,
    now: datetime,
    pin: str | None = None,
    no_block: bool = False,
    happened: datetime | None = None,
    due: datetime | None = None,
) -> CheckedOut | Refused:
    """Lends the item with barcode `item` to the patron with identifier `patron`.

    `pin` None means that no PIN is asked for; an empty one is refused with PIN_MISSING.
    A second check-out of an item by its borrower is refused with ALREADY_ON_LOAN_TO_PATRON, and
    `Refused.loan` shows that loan; a protocol may go on to `renew`.

    `no_block` (SIP2 11: the loan has happened already, off line) accepts the loan whatever the
    rules say: at `happened` and until `due`, where given. It ends an open loan of another patron,
    and lists in `CheckedOut.overridden` what would have been refused. Only an unknown patron or
    item, or a wrong PIN, is refused then. A `due` or `happened` without `no_block` has no effect.

    Raises VerificationNeeded (see `circulation.pins`).
    """
    raise NotImplementedError
