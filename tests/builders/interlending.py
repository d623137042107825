"""Interlibrary loans for tests: a partner called Broker, and what comes through it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from catalogue.database import Transaction
from circulation.callers.partners import store_partner
from circulation.interlending.borrowing import Accepted, Agreement, Incoming, accept
from circulation.interlending.lending import request_lending
from circulation.interlending.notices import Told, notices_of
from circulation.interlending.rows import InterlibraryLoan, loan_by_id
from circulation.kernel.act import Act
from circulation.kernel.results import Desk
from circulation.kernel.set_up import set_up_changed
from circulation.patrons.kinds import PatronKind
from tests.builders.circulation import Library, a_patron
from tests.builders.holds import a_hold, holds_of

AGREEMENT = Agreement("broker", "Broker")
INSTITUTION = "INST-BROKER"


def partner_desk(library: Library) -> Desk:
    """Where the partner's own acts are done."""
    return Desk("Broker", "NCIP", library.main.agency_id, library.main.id)


def a_partner(library: Library, agency: str = "ILL", **options: Any) -> None:
    """A partner that takes requests."""

    def work(transaction: Transaction) -> None:
        store_partner(
            transaction,
            agency=agency,
            name="Broker",
            branch_id=library.main.id,
            options={"takes_requests": True} | options,
        )
        set_up_changed(transaction)

    library.write(work)


def a_borrowed_item(
    library: Library,
    card: str | None,
    barcode: str = "TEMP-1",
    *,
    request_id: str = "REQ-1",
    due: datetime | None = None,
    agreement: Agreement = AGREEMENT,
    **details: Any,
) -> InterlibraryLoan:
    """One that the partner has had us accept for the patron; due in 60 days at home."""
    incoming = Incoming(
        barcode,
        "Njals saga",
        "Ukendt",
        due=due or library.now + timedelta(days=60),
        **details,
    )
    accepted = library.write(
        lambda transaction: accept(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            agreement=agreement,
            request_id=request_id,
            patron=card,
            incoming=incoming,
        )
    )
    assert isinstance(accepted, Accepted), accepted
    return again(library, accepted.loan)


def a_lending_request(library: Library, barcode: str) -> InterlibraryLoan:
    """The partner waits for the title of this item, for its institutional patron."""
    a_patron(library, INSTITUTION, kind=PatronKind.LIBRARY)
    a_hold(library, INSTITUTION, barcode)
    (queued,) = holds_of(library, INSTITUTION)
    return library.write(
        lambda transaction: request_lending(
            Act(transaction, library.circulation, partner_desk(library), library.now),
            partner="broker",
            actor="Broker",
            request_id="REQ-2",
            user=INSTITUTION,
            hold=queued.hold,
        )
    )


def again(library: Library, loan: InterlibraryLoan) -> InterlibraryLoan:
    """The loan as it is now."""
    found = library.write(lambda transaction: loan_by_id(transaction, loan.id))
    assert found is not None
    return found


def told(library: Library, loan: InterlibraryLoan) -> list[str]:
    """What the partner is to be told of it, in order."""

    def work(transaction: Transaction) -> list[Told]:
        return notices_of(transaction, loan_id=loan.id)

    return [each.kind for each in library.read(work)]
