"""What interlibrary loans know of a patron besides the number of their row."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from catalogue.database import Statement, Transaction, send
from circulation.interlending.exchanges import Line, exchanges_of_request
from circulation.interlending.schema import (
    interlibrary_cases,
    interlibrary_loans,
    interlibrary_remarks,
)
from circulation.patrons.personal_data import Export, PersonalData
from circulation.patrons.personal_export import readable


@send
def _forget(*, patron_id: int) -> Statement:
    return (
        update(interlibrary_loans)
        .where(interlibrary_loans.c.patron_id == patron_id)
        .values(user="")
    )


@send
def _forget_cases(*, patron_id: int) -> Statement:
    return (
        update(interlibrary_cases)
        .where(interlibrary_cases.c.patron_id == patron_id)
        .values(user="")
    )


@send
def _forget_remarks(*, patron_id: int) -> Statement:
    its = interlibrary_loans.c.patron_id == patron_id
    return (
        update(interlibrary_remarks)
        .where(
            interlibrary_remarks.c.interlibrary_loan_id.in_(
                select(interlibrary_loans.c.id).where(its)
            )
        )
        .values(text="")
    )


def _forget_user(transaction: Transaction, patron_id: int, now: datetime) -> None:
    """Forgets by which name partners know the patron, and what they have written."""
    _forget_remarks(transaction, patron_id=patron_id)
    _forget(transaction, patron_id=patron_id)
    _forget_cases(transaction, patron_id=patron_id)


def _add_exchanges(transaction: Transaction, found: Export) -> None:
    """What was said with partners about the patron's interlibrary loans, as long as it is kept."""
    loans = found["interlibrary_loans"]
    asked = {(loan["request_id"], loan["partner"]) for loan in loans if loan["request_id"]}
    found["exchanges"] = [
        _said(line)
        for request_id, partner in sorted(asked)
        for line in exchanges_of_request(transaction, request_id)
        if line.partner == partner
    ]


def _said(line: Line) -> dict[str, Any]:
    return {
        **line._asdict(),
        "at": line.at.isoformat(),
        "request": readable(line.request),
        "answer": readable(line.answer),
    }


PERSONAL = PersonalData(forget=_forget_user, complete=_add_exchanges)
