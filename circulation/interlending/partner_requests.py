"""What partners call their requests: the hold behind each name, and the name of each hold.

A broker numbers its requests itself and speaks of them by its own numbers from then on. They count
for the partner alone. A name goes with its hold, or belongs to the hold that got it last.
"""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from catalogue.database import Statement, Transaction, scalar, send
from circulation.callers.partners import folded_agency
from circulation.interlending.schema import partner_requests


@send
def _forget(*, agency: str, request_id: str) -> Statement:
    return delete(partner_requests).where(
        partner_requests.c.agency == agency, partner_requests.c.request_id == request_id
    )


@send
def _insert(*, agency: str, request_id: str, hold_id: int) -> Statement:
    return insert(partner_requests).values(locals())


@scalar(int)
def _hold(*, agency: str, request_id: str) -> Statement:
    return select(partner_requests.c.hold_id).where(
        partner_requests.c.agency == agency, partner_requests.c.request_id == request_id
    )


@scalar(str)
def _name(*, agency: str, hold_id: int) -> Statement:
    return (
        select(partner_requests.c.request_id)
        .where(partner_requests.c.agency == agency, partner_requests.c.hold_id == hold_id)
        .order_by(partner_requests.c.request_id)
        .limit(1)
    )


def note_request(transaction: Transaction, agency: str, request_id: str, hold_id: int) -> None:
    """The partner calls this hold `request_id` from now on."""
    agency = folded_agency(agency)
    _forget(transaction, agency=agency, request_id=request_id)
    _insert(transaction, agency=agency, request_id=request_id, hold_id=hold_id)


def hold_of_request(transaction: Transaction, agency: str, request_id: str) -> int | None:
    """The hold that goes by this name with the partner."""
    return _hold(transaction, agency=folded_agency(agency), request_id=request_id)


def request_of_hold(transaction: Transaction, agency: str, hold_id: int) -> str | None:
    """What the partner calls the hold; None where it gave it no name."""
    return _name(transaction, agency=folded_agency(agency), hold_id=hold_id)
