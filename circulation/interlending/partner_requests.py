"""What partners call their requests: the hold behind each name, and the name of each hold.

A broker numbers its requests itself and speaks of them by its own numbers from then on. They count
for the partner alone. A name goes with its hold, or belongs to the hold that got it last.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import bindparam, delete, insert, select

from catalogue.database import Transaction, scalar, send
from circulation.callers.partners import folded_agency
from circulation.interlending.schema import partner_requests

_forget = send(
    delete(partner_requests).where(
        partner_requests.c.agency == bindparam("of_agency"),
        partner_requests.c.request_id == bindparam("of_request"),
    ),
    "of_agency",
    "of_request",
)
_insert = send(
    insert(partner_requests).values(
        agency=bindparam("new_agency"),
        request_id=bindparam("new_request_id"),
        hold_id=bindparam("new_hold_id"),
    ),
    "new_agency",
    "new_request_id",
    "new_hold_id",
)
_hold: Callable[..., int | None] = scalar(
    select(partner_requests.c.hold_id).where(
        partner_requests.c.agency == bindparam("of_agency"),
        partner_requests.c.request_id == bindparam("of_request"),
    ),
    "of_agency",
    "of_request",
)
_name: Callable[..., str | None] = scalar(
    select(partner_requests.c.request_id)
    .where(
        partner_requests.c.agency == bindparam("of_agency"),
        partner_requests.c.hold_id == bindparam("of_hold"),
    )
    .order_by(partner_requests.c.request_id)
    .limit(1),
    "of_agency",
    "of_hold",
)


def note_request(transaction: Transaction, agency: str, request_id: str, hold_id: int) -> None:
    """The partner calls this hold `request_id` from now on."""
    agency = folded_agency(agency)
    _forget(transaction, agency, request_id)
    _insert(transaction, agency, request_id, hold_id)


def hold_of_request(transaction: Transaction, agency: str, request_id: str) -> int | None:
    """The hold that goes by this name with the partner."""
    return _hold(transaction, folded_agency(agency), request_id)


def request_of_hold(transaction: Transaction, agency: str, hold_id: int) -> str | None:
    """What the partner calls the hold; None where it gave it no name."""
    return _name(transaction, folded_agency(agency), hold_id)
