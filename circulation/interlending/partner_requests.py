"""What partners call their requests: the hold or the case behind each name, and their names.

A broker numbers its requests itself and speaks of them by its own numbers from then on. They count
for the partner alone. A name goes with its hold, or belongs to what got it last. What is asked for
at other libraries is a case (`cases`) until it is here; then the name means the hold by which it is
kept for the patron.
"""

from __future__ import annotations

from sqlalchemy import delete, func, insert, or_, select

from catalogue.database import Statement, Transaction, scalar, send
from circulation.callers.partners import folded_agency
from circulation.interlending.schema import (
    interlibrary_cases,
    interlibrary_loans,
    partner_requests,
)

_table = partner_requests
#: Each name with the loan that its case has got to last, if it means one.
_with_loans = _table.outerjoin(
    interlibrary_cases, interlibrary_cases.c.id == _table.c.case_id
).outerjoin(interlibrary_loans, interlibrary_loans.c.id == interlibrary_cases.c.loan_id)


@send
def _forget(*, agency: str, request_id: str) -> Statement:
    return delete(_table).where(_table.c.agency == agency, _table.c.request_id == request_id)


@send
def _insert(*, agency: str, request_id: str, hold_id: int | None, case_id: int | None) -> Statement:
    return insert(_table).values(locals())


@scalar(int)
def _hold(*, agency: str, request_id: str) -> Statement:
    return (
        select(func.coalesce(_table.c.hold_id, interlibrary_loans.c.hold_id))
        .select_from(_with_loans)
        .where(_table.c.agency == agency, _table.c.request_id == request_id)
    )


@scalar(int)
def _case(*, agency: str, request_id: str) -> Statement:
    return select(_table.c.case_id).where(
        _table.c.agency == agency, _table.c.request_id == request_id
    )


@scalar(str)
def _name(*, agency: str, hold_id: int) -> Statement:
    return (
        select(_table.c.request_id)
        .select_from(_with_loans)
        .where(
            _table.c.agency == agency,
            or_(_table.c.hold_id == hold_id, interlibrary_loans.c.hold_id == hold_id),
        )
        .order_by(_table.c.request_id)
        .limit(1)
    )


@scalar(str)
def _case_name(*, agency: str, case_id: int) -> Statement:
    return (
        select(_table.c.request_id)
        .where(_table.c.agency == agency, _table.c.case_id == case_id)
        .order_by(_table.c.request_id)
        .limit(1)
    )


def note_request(transaction: Transaction, agency: str, request_id: str, hold_id: int) -> None:
    """The partner calls this hold `request_id` from now on."""
    agency = folded_agency(agency)
    _forget(transaction, agency=agency, request_id=request_id)
    _insert(transaction, agency=agency, request_id=request_id, hold_id=hold_id, case_id=None)


def note_wish(transaction: Transaction, agency: str, request_id: str, case_id: int) -> None:
    """The partner calls this case `request_id` from now on."""
    agency = folded_agency(agency)
    _forget(transaction, agency=agency, request_id=request_id)
    _insert(transaction, agency=agency, request_id=request_id, hold_id=None, case_id=case_id)


def hold_of_request(transaction: Transaction, agency: str, request_id: str) -> int | None:
    """The hold that goes by this name with the partner."""
    return _hold(transaction, agency=folded_agency(agency), request_id=request_id)


def case_of_request(transaction: Transaction, agency: str, request_id: str) -> int | None:
    """The case that goes by this name with the partner, whatever has become of it."""
    return _case(transaction, agency=folded_agency(agency), request_id=request_id)


def request_of_hold(transaction: Transaction, agency: str, hold_id: int) -> str | None:
    """What the partner calls the hold; None where it gave it no name."""
    return _name(transaction, agency=folded_agency(agency), hold_id=hold_id)


def request_of_case(transaction: Transaction, agency: str, case_id: int) -> str | None:
    """What the partner calls the case; None where it gave it no name."""
    return _case_name(transaction, agency=folded_agency(agency), case_id=case_id)
