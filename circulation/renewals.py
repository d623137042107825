"""Renewals, of one loan and of all."""

from __future__ import annotations

from datetime import datetime

from catalogue.statements import Transaction
from circulation.engine import Circulation
from circulation.results import Desk, Refused, Renewed, RenewedAll


def renew(
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
) -> Renewed | Refused:
    """Moves the due date of the patron's loan of the item, or says everything that hinders it.

    `pin`, `no_block`, `happened` and `due` as in `circulation.lending.check_out`; an item that is
    not on loan to the patron is refused even then.
    Raises VerificationNeeded (see `circulation.pins`).
    """
    raise NotImplementedError


def renew_all(
    circulation: Circulation,
    transaction: Transaction,
    *,
    desk: Desk,
    patron: str,
    now: datetime,
    pin: str | None = None,
) -> RenewedAll | Refused:
    """Renews whatever can be renewed of the patron's loans (SIP2 65).

    Refused only where the patron is unknown or the PIN wrong.
    """
    raise NotImplementedError
