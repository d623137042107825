"""The parcel of another library at our desks and machines: its first scan, and its last.

What an owner has said that it sends is known by its barcode. Whoever scans that first, at a desk or
a machine, takes the item in: it becomes ours for a while, and the owner is told that it was
received. Returned by its patron it waits to be sent back, and the scan that follows, where the
partner's work is done, sends it: the owner is told, and the item is no more.

With NCIP a partner says itself what is to be done (AcceptItem, CheckInItem).
"""

from __future__ import annotations

from sqlalchemy import select

from catalogue.database import Statement, many
from circulation.callers.partners import PARTNERS, USUAL_PROTOCOL, Partner
from circulation.interlending.borrowing import Accepted, Agreement, Incoming, accept, send_home
from circulation.interlending.part import WITH_PARTNER
from circulation.interlending.rows import InterlibraryLoan, advance, loan_by_id, loan_of_item
from circulation.interlending.schema import interlibrary_loans
from circulation.interlending.states import BorrowingAction, BorrowingState, Role
from circulation.kernel.act import Act
from circulation.kernel.results import CheckedIn
from circulation.loans.features import ReturnCase, ReturnFeature

_table = interlibrary_loans


@many(tuple[int, str])
def _sent(*, barcode: str) -> Statement:
    """What was sent to us under this barcode and has not come: the oldest first."""
    return (
        select(_table.c.id, _table.c.partner)
        .where(
            _table.c.barcode == barcode,
            _table.c.role == Role.BORROWER.value,
            _table.c.state == BorrowingState.SHIPPED.value,
            _table.c.item_id.is_(None),
            _table.c.closed.is_(None),
        )
        .order_by(_table.c.id)
    )


def take_in(act: Act, barcode: str) -> CheckedIn | None:
    """Takes in what has a barcode that nobody knows here, if its owner has sent it."""
    for loan_id, key in _sent(act.transaction, barcode=barcode):
        partner = _apart(act, key)
        loan = loan_by_id(act.transaction, loan_id)
        if partner is None or loan is None or loan.state is not BorrowingState.SHIPPED:
            continue
        accepted = accept(
            act,
            agreement=_agreement(partner, key),
            request_id=loan.request_id,
            patron=None,
            incoming=Incoming(barcode),
            pickup_branch=loan.said.get("pickup"),
        )
        if not isinstance(accepted, Accepted):
            return None
        if accepted.loan.patron_id is None:  # it was cancelled in the meantime
            advance(act, accepted.loan, BorrowingAction.CANCEL)
        return accepted.check_in
    return None


def _apart(act: Act, key: str) -> Partner | None:
    """The partner, if it leaves to us what is done here."""
    found = PARTNERS.of(act.circulation.current_set_up(act.transaction)).get(key)
    return None if found is None or found.protocol == USUAL_PROTOCOL else found


def _agreement(partner: Partner, key: str) -> Agreement:
    """What was agreed on items that come from it: options of these names."""
    options = partner.options
    return Agreement(
        partner=key,
        actor=partner.name or partner.agency,
        material_group=str(options.get("item_type", "")),
        location=str(options.get("item_location", "")),
        title_prefix=str(options.get("title_prefix", "")),
        keeps_owner_due=options.get("due_dates", "owner") == "owner",
        is_renewable=bool(options.get("renewals", True)),
    )


class SentBack(ReturnFeature):
    """What its patron has returned, scanned once more where the partner's work is done."""

    parts = (WITH_PARTNER,)

    def leave(self, case: ReturnCase) -> None:
        partner = WITH_PARTNER.of(case.item)
        was_back = partner is not None and partner.borrowing_state == BorrowingState.RETURNED.value
        if not was_back or case.loan is not None:
            return
        found = loan_of_item(case.act.transaction, item_id=case.item.id)
        if found is not None and self._goes(case, found):
            send_home(case.act, found)

    def _goes(self, case: ReturnCase, found: InterlibraryLoan) -> bool:
        return found.branch_id == case.here.id and _apart(case.act, found.partner) is not None
